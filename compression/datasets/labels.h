#pragma once

#include <string>
#include <vector>

namespace reprise {

/// All class numbers of a file: IDX, NPY of an integer type, or text with an integer first in each line.
/// Throws InputError, naming the file and its fault.
std::vector<int> read_labels(const std::string& path);

}  // namespace reprise
