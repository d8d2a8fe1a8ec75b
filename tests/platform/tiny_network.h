#pragma once

#include <string>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

/// Networks small enough to be worked out by hand.
namespace reprise::test {

constexpr FixedPoint kHalf{1 << 30, 31};
constexpr FixedPoint kOne{1 << 30, 30};

WeightImage empty_image(const Shape& input);

/// A convolution with all weights 1 in two's complement: bit column 0 is ones. One unit an output.
void add_convolution(WeightImage& image, const std::string& name, int from, const SlidingWindow& window, Shape shape,
                     FixedPoint factor, std::uint32_t engine);

/// Two layers that take turns on one_engine(): a (1 x 1, weight 1) on engine 0 and b (2 x 1, weights 2 and 1) on
/// engine 1, of an input of two rows.
WeightImage layers_in_turns();

/// A chip of one engine, written anew for each of layers_in_turns(): the worked example of docs/machine.md.
MachineConfig one_engine();

}  // namespace reprise::test
