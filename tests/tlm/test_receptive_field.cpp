#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "tlm/buffer_depths.h"
#include "tlm/receptive_field.h"

#include "support/error.h"

using namespace reprise;

namespace {

Layer pool(const SlidingWindow& window, const Shape& input, int from = kNetworkInput) {
  Layer layer;
  layer.name = "pool";
  layer.operation = MaxPoolLayer{window};
  layer.inputs = {from};
  layer.shape.channels = input.channels;
  layer.shape.height =
      (input.height + window.pad_top + window.pad_bottom - (window.kernel_height - 1) * window.dilation_height - 1) /
          window.stride_height +
      1;
  layer.shape.width =
      (input.width + window.pad_left + window.pad_right - (window.kernel_width - 1) * window.dilation_width - 1) /
          window.stride_width +
      1;
  return layer;
}

Layer add(std::vector<int> inputs, const Shape& shape) {
  Layer layer;
  layer.name = "add";
  layer.operation = ElementwiseLayer{};
  layer.inputs = std::move(inputs);
  layer.shape = shape;
  return layer;
}

}  // namespace

TEST_CASE("a window waits for its last tap inside the input, to the left of it for the first column") {
  std::mt19937 random(11);
  const auto draw = [&](int low, int high) {
    return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
  };
  for (int round = 0; round < 3000; ++round) {
    const Shape input{1, draw(4, 12), draw(4, 12)};
    SlidingWindow w{draw(1, 3), draw(1, 3), draw(1, 3), draw(1, 3), draw(1, 2), draw(1, 2), 0, 0, 0, 0};
    w.pad_top = draw(0, 3);
    w.pad_left = draw(0, 3);
    w.pad_bottom = draw(0, 3);
    w.pad_right = draw(0, 3);
    const Layer layer = pool(w, input);
    if (layer.shape.height < 1 || layer.shape.width < 1) continue;
    const ReceptiveField field(layer, input);
    for (int y = 0; y < layer.shape.height; ++y) {
      for (int x = 0; x < layer.shape.width; ++x) {
        const int bottom = y * w.stride_height - w.pad_top + (w.kernel_height - 1) * w.dilation_height;
        const int right = x * w.stride_width - w.pad_left + (w.kernel_width - 1) * w.dilation_width;
        const int row = std::min(bottom, input.height - 1);
        const int column = std::min(right, input.width - 1);
        const long expected = row < 0 ? -1 : static_cast<long>(row) * input.width + std::max(column, 0);
        REQUIRE(field.last_position(y, x) == expected);
        for (int ky = 0; ky < w.kernel_height; ++ky) {
          const int tap = y * w.stride_height - w.pad_top + ky * w.dilation_height;
          if (tap >= 0 && tap < input.height) {
            REQUIRE(tap >= field.first_row(y));
            REQUIRE(tap <= field.last_row(y));
          }
        }
      }
    }
  }
}

TEST_CASE("a chain needs as many rows as its kernels are high") {
  const Shape shape{4, 8, 8};
  NetworkDescription network;
  network.input_shape = shape;
  network.layers.push_back(pool({3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, shape));
  network.layers.push_back(pool({2, 2, 2, 2, 1, 1, 0, 0, 0, 0}, shape, 0));
  CHECK(least_buffer_depths(network) == std::vector<std::vector<int>>{{3}, {2}});
}

TEST_CASE("the short way round a residual block holds what the long way needs") {
  // Two 3x3 layers with padding, then input + their output: output row y needs input rows up to y + 2.
  const Shape shape{4, 10, 10};
  const SlidingWindow three{3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  NetworkDescription network;
  network.input_shape = shape;
  network.layers.push_back(pool(three, shape));
  network.layers.push_back(pool(three, shape, 0));
  network.layers.push_back(add({1, kNetworkInput}, shape));
  CHECK(least_buffer_depths(network) == std::vector<std::vector<int>>{{3}, {3}, {1, 3}});
  MachineConfig config;
  config.buffer_rows = 2;
  CHECK_THROWS_WITH(buffer_depths(network, config), Catch::Contains("needs a buffer of 3 rows"));
  config.buffer_rows = 3;
  CHECK(buffer_depths(network, config) == std::vector<std::vector<int>>{{3}, {3}, {3, 3}});
}
