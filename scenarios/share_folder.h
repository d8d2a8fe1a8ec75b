#pragma once

#include <filesystem>

namespace reprise {

/// Where the shipped scenarios and technologies are: beside the installed program (../share/reprise/scenarios), or in
/// the sources for one that is not installed.
std::filesystem::path share_folder();

}  // namespace reprise
