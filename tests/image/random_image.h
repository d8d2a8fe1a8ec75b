#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise::test {

/// A valid image, small, of random layers of every kind, mapped by a plain mapper of its own.
WeightImage random_image(std::uint32_t seed);

/// One 1x1 convolution of two input channels and two outputs, both with the weights (3, -1), stored once, as in the
/// example of docs/weight_image.md. The input's zero point is 10, the biases are 100 and 200.
WeightImage tiny_image();

/// The first field in which two images differ; empty where they are equal.
std::string first_difference(const WeightImage& a, const WeightImage& b);

}  // namespace reprise::test
