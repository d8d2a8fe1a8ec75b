#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// What the cells and scatter lists of a layer add up to when the converters are lossless: a weight for each
/// im2col row and output.
struct EffectiveWeights {
  std::size_t groups = 1;          ///< convolution groups
  std::size_t rows_per_group = 0;  ///< kernel area x input channels of the group
  std::size_t outputs_per_group = 0;
  /// [group][(ky * kernel_width + kx) * channels of the group + channel][output]: the order of WindowGather.
  std::vector<std::int8_t> values;

  const std::int8_t* of_group(std::size_t group) const {
    return values.data() + group * rows_per_group * outputs_per_group;
  }
};

/// @param elsewhere engines that are left out
/// @throws InputError when a weight does not fit 8 bits.
EffectiveWeights effective_weights(const WeightImage& image, const LayerMapping& mapping,
                                   const std::set<int>& elsewhere = {});

/// Where im2col row (channel * kernel_height + ky) * kernel_width + kx of the mapping lies in a gathered window.
std::size_t gathered_position(std::uint32_t row, const ConvolutionLayer& convolution, int input_channels);

}  // namespace reprise
