#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compression/datasets/input_file.h"

namespace reprise {

/// What a file with an array of numbers says about itself. Type names are NumPy's: |u1 is an unsigned byte, <f4 a
/// float.
struct ArrayHeader {
  std::string type;
  std::uint64_t item_bytes = 1;
  std::vector<std::uint64_t> shape;  ///< at least one dimension, none of them 0
  std::uint64_t data_offset = 0;
};

/// IDX, the format of MNIST, or NPY, the format of NumPy (versions 1 to 3).
bool is_idx(InputFile& file);
bool is_npy(InputFile& file);

/// The header, after checking the size of the file against it. Throws InputError.
ArrayHeader read_idx_header(InputFile& file);
ArrayHeader read_npy_header(InputFile& file, const std::vector<std::string>& types);

}  // namespace reprise
