#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// The weights that the cells of one convolution stand for, [output][input channel / groups][ky][kx]: what the array
/// really multiplies with. The mapping's indices must be valid (check_image checks them first).
std::vector<std::int32_t> decode_weights(const WeightImage& image, const LayerMapping& mapping);

}  // namespace reprise
