#include <catch2/catch.hpp>

#include "compression/image/network.h"

namespace reprise {
namespace {

NetworkDescription two_convolutions() {
  NetworkDescription network;
  network.input_shape = {4, 8, 8};
  Layer layer;
  ConvolutionLayer convolution;
  convolution.window.kernel_height = 3;
  convolution.window.kernel_width = 2;
  convolution.groups = 2;
  layer.operation = convolution;
  layer.inputs = {kNetworkInput};
  layer.shape = {6, 6, 7};
  network.layers.push_back(layer);
  layer.operation = LookupLayer{};
  layer.inputs = {0};
  network.layers.push_back(layer);
  convolution = {};
  layer.operation = convolution;
  layer.inputs = {1};
  layer.shape = {10, 6, 7};
  network.layers.push_back(layer);
  return network;
}

TEST_CASE("Multiply-accumulates by hand") {
  const NetworkDescription network = two_convolutions();
  CHECK(multiply_accumulates(network, 0) == 6 * 7 * 6 * (3 * 2) * 2);
  CHECK(multiply_accumulates(network, 1) == 0);
  CHECK(multiply_accumulates(network, 2) == 6 * 7 * 10 * 6);
  CHECK(multiply_accumulates(network) == 6 * 7 * (6 * 6 * 2 + 10 * 6));
}

TEST_CASE("Names of kinds") {
  CHECK(std::string(kind_name(ConvolutionLayer{})) == "convolution");
  CHECK(std::string(kind_name(AveragePoolLayer{})) == "average_pool");
  CHECK(std::string(kind_name(ReshapeLayer{})) == "reshape");
}

}  // namespace
}  // namespace reprise
