#pragma once

#include <filesystem>

namespace reprise {

/// Writes `folder`/report.html, of the files that `reprise run` put into the folder.
/// @throws InputError where results.json is missing or damaged
void write_run_report(const std::filesystem::path& folder);

}  // namespace reprise
