#pragma once

#include <string>

#include "compression/image/weight_image.h"

/// Networks small enough to be worked out by hand.
namespace reprise::test {

constexpr FixedPoint kHalf{1 << 30, 31};
constexpr FixedPoint kOne{1 << 30, 30};

WeightImage empty_image(const Shape& input);

/// A convolution with all weights 1 in two's complement: bit column 0 is ones. One unit an output.
void add_convolution(WeightImage& image, const std::string& name, int from, const SlidingWindow& window, Shape shape,
                     FixedPoint factor, std::uint32_t engine);

}  // namespace reprise::test
