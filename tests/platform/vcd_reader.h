#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace reprise::test {

using Edges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // cycle, value

/// Reads what a viewer would read: edges by full name without the first scope, the values at the start left out.
/// @param period_ps  of a cycle; a time in between is refused
std::map<std::string, Edges> read_vcd(const std::filesystem::path& file, std::uint64_t period_ps);

/// The characters of a text signal.
std::string text_of(std::uint64_t value);

}  // namespace reprise::test
