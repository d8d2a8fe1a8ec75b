#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compression/network/quantised_network.h"

namespace reprise {

/// A network whose only input has this shape and zero point.
inline QuantisedNetwork empty_network(Shape input, int zero_point) {
  QuantisedNetwork network;
  network.description.name = "sample";
  network.description.input_shape = input;
  network.description.input_quantisation = {1.0, zero_point};
  network.description.preprocessing.mean = {0.0};
  network.description.preprocessing.standard_deviation = {1.0};
  return network;
}

/// Adds a convolution on the network's input, biases 0, 10, 20...
inline void add_convolution(QuantisedNetwork& network, const std::string& name, int outputs, int kernel, int groups,
                            std::vector<std::int8_t> weights) {
  ConvolutionLayer convolution;
  convolution.window.kernel_height = kernel;
  convolution.window.kernel_width = kernel;
  convolution.groups = groups;
  for (int output = 0; output < outputs; ++output) convolution.bias.push_back(10 * output);
  convolution.requantisation.assign(static_cast<std::size_t>(outputs), {1, 1});

  Layer layer;
  layer.name = name;
  layer.operation = std::move(convolution);
  layer.inputs = {kNetworkInput};
  const Shape& input = network.description.input_shape;
  layer.shape = {outputs, input.height - kernel + 1, input.width - kernel + 1};
  network.description.layers.push_back(std::move(layer));
  network.weights.push_back(std::move(weights));
}

}  // namespace reprise
