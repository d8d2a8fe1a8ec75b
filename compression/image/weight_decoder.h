#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// Some rows of the weights that the cells of one convolution stand for: what the array really multiplies with.
struct DecodedWeights {
  std::size_t first_row = 0;         ///< im2col row of a convolution group: channel of the group, ky, kx
  std::size_t rows = 0;              ///< from there on
  std::size_t outputs = 0;           ///< output channels of all groups
  std::vector<std::int16_t> values;  ///< [row][output]: the order in which cells hold them
};

/// Gives all rows to `take` in their order, as few at once as the order of the units allows: caches hold some, no
/// cache holds all. The mapping's indices must be valid (check_image checks them first).
/// @throws InputError where cells add up to what 16 bits do not hold
void decode_weights(const WeightImage& image, const LayerMapping& mapping,
                    const std::function<void(const DecodedWeights&)>& take);

}  // namespace reprise
