#pragma once

#include <cstdint>
#include <vector>

#include "compression/datasets/dataset.h"

namespace reprise {

/// Some of the images of a file.
struct Images {
  Shape shape;
  Dataset::Values values;   ///< [image][channel][row][column]
  std::vector<int> labels;  ///< where the file holds them too
  std::uint64_t count = 0;
  std::uint64_t total = 0;  ///< images in the file
};

/// The images that the configuration asks for. Throws InputError, naming the file and its fault.
Images read_images(const DatasetConfig& config);

}  // namespace reprise
