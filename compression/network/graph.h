#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compression/image/network.h"

/// A trained network in float, normalised: batch normalisation folded, names without effect removed,
/// fully connected layers written as convolutions whose kernel covers the input.
namespace reprise {

/// An InputFilter on real values: stored value * scale = real value.
struct FloatInputFilter {
  InputFilter rule;
  float scale = 1.0F;
};

struct FloatConvolution {
  SlidingWindow window;
  int groups = 1;
  std::vector<float> weights;  ///< [out][in / groups][ky][kx]
  std::vector<float> bias;     ///< [out]
  std::optional<FloatInputFilter> filter = {};
};
/// Pooling: every window touches the input, but the last ones may reach past the declared padding (ceil_mode);
/// what lies there never counts.
struct FloatMaxPool {
  SlidingWindow window;
};
struct FloatAveragePool {
  SlidingWindow window;
  bool count_padding = false;  ///< positions in the declared padding count as zeros
};
struct FloatAdd {};  ///< two or more inputs of one shape
struct FloatScale {  ///< out = x * factor[c] + offset[c]
  std::vector<float> factor;
  std::vector<float> offset;
};
struct FloatClamp {  ///< ReLU is 0..infinity
  float low = 0.0F;
  float high = 0.0F;
};
struct FloatLeakyRelu {
  float slope = 0.01F;
};
struct FloatConcat {};  ///< along channels
struct FloatSlice {     ///< out[c][y][x] = in[start + step * (c, y, x)]
  std::array<int, 3> start{};
  std::array<int, 3> step{1, 1, 1};
};
struct FloatPad {
  std::array<int, 3> before{};
  float value = 0.0F;
};
struct FloatReshape {};

using FloatOperation = std::variant<FloatConvolution, FloatMaxPool, FloatAveragePool, FloatAdd, FloatScale, FloatClamp,
                                    FloatLeakyRelu, FloatConcat, FloatSlice, FloatPad, FloatReshape>;

struct Node {
  std::string name;  ///< unique
  FloatOperation operation;
  std::vector<int> inputs;  ///< earlier nodes, or kNetworkInput
  Shape shape;              ///< of the output
};

/// Every input of a node comes before it; the last node is the network's output.
struct Graph {
  std::string name;
  Shape input_shape;
  std::vector<Node> nodes;

  const Shape& shape_of(int node) const {
    return node == kNetworkInput ? input_shape : nodes.at(static_cast<std::size_t>(node)).shape;
  }
};

/// Multiply-accumulates of one convolution, or of all of them, for one image.
std::uint64_t multiply_accumulates(const Graph& graph, const Node& node);
std::uint64_t multiply_accumulates(const Graph& graph);

/// How many inputs of other nodes each node feeds; the network's output counts as one more.
std::vector<int> consumer_counts(const Graph& graph);

/// Drops every node on which `output` does not depend. `output` becomes the last node.
void keep_only_ancestors(Graph& graph, int output);

}  // namespace reprise
