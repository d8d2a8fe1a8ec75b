// plain_products IMAGE.h5: milliseconds that one processor takes for the matrix products of one image of the network
// and nothing else, each weight layer in one product of 8-bit matrices; the median of five. What a simulation is
// measured by.
#include <sysc/kernel/sc_externs.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <vector>

#include "compression/image/image_file.h"
#include "support/single_thread.h"
#include "tlm/integer_product.h"

namespace {

using namespace reprise;

struct LayerProduct {
  ProductShape shape;
  IntegerProduct product;
  int times = 1;  ///< convolution groups
};

std::vector<LayerProduct> products_of(const NetworkDescription& network) {
  std::vector<LayerProduct> products;
  for (const Layer& layer : network.layers) {
    const auto* convolution = std::get_if<ConvolutionLayer>(&layer.operation);
    if (convolution == nullptr) continue;
    const int channels = network.shape_of(layer.inputs.front()).channels / convolution->groups;
    const ProductShape shape{layer.shape.pixels(), static_cast<std::size_t>(channels * convolution->window.area()),
                             static_cast<std::size_t>(layer.shape.channels / convolution->groups)};
    const std::vector<std::int8_t> weights(shape.inner * shape.columns, 1);
    products.push_back(
        {shape, IntegerProduct(shape, {shape.inner, shape.columns}, weights.data()), convolution->groups});
  }
  return products;
}

double milliseconds(const std::vector<LayerProduct>& products) {
  using Clock = std::chrono::steady_clock;
  Clock::duration sum{};
  for (const LayerProduct& layer : products) {
    const std::vector<std::uint8_t> a(layer.shape.rows * layer.shape.inner, 1);
    std::vector<std::int32_t> c(layer.shape.rows * layer.shape.columns);
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < layer.times; ++i) layer.product.multiply(a.data(), c.data());
    sum += Clock::now() - begin;
  }
  return std::chrono::duration<double, std::milli>(sum).count();
}

}  // namespace

/// SystemC, which the models are linked with, has main().
int sc_main(int argc, char* argv[]) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: plain_products IMAGE.h5\n");
    return 2;
  }
  const SingleThread alone;
  try {
    const std::vector<LayerProduct> products = products_of(read_image(argv[1]).network);
    std::vector<double> times;
    for (int i = 0; i < 6; ++i) times.push_back(milliseconds(products));
    std::sort(times.begin() + 1, times.end());  // the first one warms up
    std::printf("%.4f\n", times[3]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plain_products: %s\n", error.what());
    return 2;
  }
}
