#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "compression/image/weight_image.h"
#include "rtl_models/engine_config.h"
#include "rtl_models/processing_engine.h"

namespace reprise::rtl::test {

using Random = std::mt19937;

/// From `low` to `high`, both included.
int pick(Random& random, int low, int high);

/// A layer of random units, cells and scatter lists: more than any mapper makes. Its mapping is image.mappings[0].
struct RandomLayer {
  WeightImage image;
  EngineConfig config;
  std::size_t window_rows = 0;  ///< of the im2col vector

  const LayerMapping& mapping() const { return image.mappings[0]; }
  const std::optional<reprise::InputFilter>& filter() const {
    return std::get<ConvolutionLayer>(image.network.layers[0].operation).filter;
  }
};

RandomLayer random_layer(Random& random, int engines);

/// Mostly zeros, so that bits drop out, and sometimes nothing else.
std::vector<std::uint8_t> random_window(Random& random, std::size_t rows);

/// What the filter, if there is one, lets through (docs/machine.md, section 2), for `groups` convolution groups.
std::vector<std::uint8_t> filtered_window(const std::optional<reprise::InputFilter>& filter, int groups,
                                          std::vector<std::uint8_t> window);

/// What an engine must do with a window, evaluated without a pipeline.
struct Expected {
  std::vector<std::int32_t> sums;
  std::uint64_t cycles = 0;
  EngineCounts counts;
};

/// docs/machine.md, section 2, steps 1 to 5; section 3, the closed formula; section 6.
Expected expected_window(const RandomLayer& layer, const EngineShare& share, const std::vector<std::uint8_t>& window);

/// The sum over rows of weight x input, the weights read back from the cells (docs/weight_image.md, section 5).
std::vector<std::int32_t> integer_product(const RandomLayer& layer, const EngineShare& share,
                                          const std::vector<std::uint8_t>& window);

}  // namespace reprise::rtl::test
