#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/network.h"

namespace reprise {

/// Weights of a convolution in the form that IntegerConvolution computes with: widened to 16 bits, and each output's
/// filled up with zeros to whole vectors. `weights` are [output][im2col row].
std::vector<std::int16_t> widened_weights(const std::vector<std::int8_t>& weights, std::size_t outputs);

/// What a convolution layer reads and writes. Zero points of inputs are taken off before multiplication.
struct ConvolutionShape {
  Shape in;
  int in_zero_point = 0;
  Shape out;
  int out_zero_point = 0;
  int clamp_low = 0;
  int clamp_high = 255;
};

/// Outputs [channel][row][column] of one convolution in integers: unfolding, input filter, sums, bias, requantisation
/// and clamp as compression/image/network.h says. The layer must have passed check_layer.
std::vector<std::uint8_t> convolve(const ConvolutionLayer& convolution, const ConvolutionShape& shape,
                                   const std::vector<std::uint8_t>& input, const std::vector<std::int16_t>& weights);

}  // namespace reprise
