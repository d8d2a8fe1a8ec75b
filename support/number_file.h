#pragma once

#include <filesystem>

#include "support/config_node.h"

namespace reprise::config {

/// The numbers that a file lists, each with its place. A file that ends in `.csv` has a line `i,number` for each
/// i = 0, 1, 2, ... in order, maybe a heading before them, empty lines and comments (`#`); any other is a YAML list.
/// @throws InputError where the file cannot be read or a line is another one than expected; whether numbers are numbers
///         is left to whoever reads the list
Node load_number_list(const std::filesystem::path& file);

}  // namespace reprise::config
