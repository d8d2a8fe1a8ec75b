#pragma once

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace reprise {

/// results.json of a folder that `reprise run` wrote. @throws InputError where it is missing or of another schema
nlohmann::ordered_json read_results(const std::filesystem::path& folder);

/// How a run is called where there are several: its folder's name.
std::string run_name(const std::filesystem::path& folder);

}  // namespace reprise
