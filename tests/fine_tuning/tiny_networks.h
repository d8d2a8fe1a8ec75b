#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compression/network/graph.h"

namespace reprise::tests {

using Random = std::mt19937;

inline int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

inline std::vector<float> draw_numbers(Random& random, std::size_t count, float magnitude = 1.0F) {
  std::uniform_real_distribution<float> number(-magnitude, magnitude);
  std::vector<float> numbers(count);
  for (float& value : numbers) value = number(random);
  return numbers;
}

/// Adds nodes to a graph one after another, each on the last one unless inputs are given.
struct GraphBuilder {
  Random& random;
  Graph graph;

  GraphBuilder(Random& source, const Shape& input) : random(source) { graph.input_shape = input; }

  int last() const { return static_cast<int>(graph.nodes.size()) - 1; }
  Shape shape() const { return graph.shape_of(last()); }

  void add(FloatOperation operation, const Shape& shape, std::vector<int> inputs = {}) {
    if (inputs.empty()) inputs = {last()};
    graph.nodes.push_back({"node" + std::to_string(graph.nodes.size()), std::move(operation), inputs, shape});
  }

  /// What the window makes of the last shape; with `ceil` a last window may reach past the padding.
  Shape slid(const SlidingWindow& w, int channels, bool ceil = false) const {
    const auto positions = [&](int size, int before, int after, int kernel, int dilation, int stride) {
      const int room = size + before + after - (kernel - 1) * dilation - 1;
      int count = room / stride + 1;
      if (ceil && room % stride != 0 && count * stride < size + before) ++count;
      return count;
    };
    return {channels,
            positions(shape().height, w.pad_top, w.pad_bottom, w.kernel_height, w.dilation_height, w.stride_height),
            positions(shape().width, w.pad_left, w.pad_right, w.kernel_width, w.dilation_width, w.stride_width)};
  }

  void convolution(int outputs, const SlidingWindow& window, int groups = 1) {
    FloatConvolution convolution{window, groups, {}, draw_numbers(random, static_cast<std::size_t>(outputs), 0.2F)};
    const int taps = shape().channels / groups * window.area();
    convolution.weights = draw_numbers(random, static_cast<std::size_t>(outputs * taps), 0.4F);
    add(std::move(convolution), slid(window, outputs));
  }

  void fully_connected(int outputs) { convolution(outputs, {shape().height, shape().width, 1, 1, 1, 1, 0, 0, 0, 0}); }
};

/// Two convolutions, the second grouped with uneven padding, and a classifier of 3 classes for images of 2 x 6 x 6.
inline Graph tiny_network(Random& random) {
  const FloatClamp relu{0.0F, std::numeric_limits<float>::infinity()};
  GraphBuilder builder(random, {2, 6, 6});
  builder.convolution(4, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1});
  builder.add(relu, builder.shape());
  builder.convolution(6, {3, 3, 2, 2, 1, 1, 0, 0, 1, 1}, 2);
  builder.add(relu, builder.shape());
  builder.fully_connected(3);
  return builder.graph;
}

}  // namespace reprise::tests
