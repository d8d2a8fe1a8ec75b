#pragma once

#include <filesystem>

namespace reprise {

/// Of the running program. What is installed with it is found from here.
std::filesystem::path program_folder();

}  // namespace reprise
