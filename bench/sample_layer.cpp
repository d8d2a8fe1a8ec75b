#include "bench/sample_layer.h"

#include <cstddef>
#include <random>

#include "compression/mapping/mapper.h"

namespace reprise {

WeightImage sample_layer(int input_channels, int output_channels, int side, EngineKind engine) {
  std::mt19937 random(1);
  QuantisedNetwork network;
  NetworkDescription& net = network.description;
  net.name = "bench";
  net.input_shape = {input_channels, side, side};
  net.preprocessing.mean = {0.0};
  net.preprocessing.standard_deviation = {1.0};
  ConvolutionLayer convolution;
  convolution.window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  convolution.bias.assign(static_cast<std::size_t>(output_channels), 0);
  convolution.requantisation.assign(static_cast<std::size_t>(output_channels), {1 << 20, 31});
  net.layers.push_back({"conv", convolution, {kNetworkInput}, {output_channels, side, side}, {}, 0, 255});
  network.weights.emplace_back();
  std::uniform_int_distribution<int> weight(-127, 127);
  for (int i = 0; i < output_channels * input_channels * 9; ++i) {
    network.weights[0].push_back(static_cast<std::int8_t>(weight(random)));
  }
  MappingConfig mapping;
  mapping.engine = engine;
  return map_network(network, mapping);
}

}  // namespace reprise
