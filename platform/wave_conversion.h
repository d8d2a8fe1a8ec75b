#pragma once

#include <filesystem>

namespace reprise {

/// Whether the program vcd2fst, which comes with GTKWave, is there.
bool can_convert_to_fst();

/// @throws InputError when vcd2fst does not make the file
void convert_to_fst(const std::filesystem::path& vcd, const std::filesystem::path& fst);

}  // namespace reprise
