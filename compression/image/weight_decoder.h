#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// The weights that the cells of one convolution stand for: what the array really multiplies with.
struct DecodedWeights {
  std::size_t rows = 0;              ///< im2col rows of a convolution group: channel of the group, ky, kx
  std::size_t outputs = 0;           ///< output channels of all groups
  std::vector<std::int16_t> values;  ///< [row][output]: the order in which cells hold them

  std::int16_t of(std::size_t output, std::size_t row) const { return values[row * outputs + output]; }
};

/// The mapping's indices must be valid (check_image checks them first).
/// @throws InputError where cells add up to what 16 bits do not hold
DecodedWeights decode_weights(const WeightImage& image, const LayerMapping& mapping);

}  // namespace reprise
