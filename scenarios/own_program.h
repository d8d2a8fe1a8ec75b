#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace reprise {

/// Runs this program again with other arguments (SystemC can elaborate only once a process); what it says goes to
/// `log`. Where it fails, throws what its exit code stands for, with the end of the log.
void run_own_program(const std::vector<std::string>& arguments, const std::filesystem::path& log);

}  // namespace reprise
