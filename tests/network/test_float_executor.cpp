#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "tests/network/onnx_builder.h"

namespace {

using namespace reprise;
using namespace reprise::test;

int draw(std::mt19937& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// Small integers: sums of products are exact, whatever their order.
Floats draw_numbers(std::mt19937& random, std::size_t count) {
  Floats values(count);
  for (float& value : values) value = static_cast<float>(draw(random, -4, 4));
  return values;
}

/// A tensor of the network that is being drawn, with its value for the drawn input.
struct Tensor {
  std::string name;
  Shape shape;
  Floats values;

  float get(int c, int y, int x, float outside) const {
    if (y < 0 || y >= shape.height || x < 0 || x >= shape.width) return outside;
    return values[static_cast<std::size_t>((c * shape.height + y) * shape.width + x)];
  }
};

/// Draws networks node by node, and computes each node from the ONNX specification by the plainest of loops.
class RandomNetwork {
 public:
  explicit RandomNetwork(unsigned seed) : random_(seed), builder_({1, 1, 1, 1}) {
    const Shape shape{draw(1, 4), draw(3, 9), draw(3, 9)};
    auto* input = builder_.model.mutable_graph()->mutable_input(0);
    input->Clear();
    OnnxBuilder::declare(input, "input", {-1, shape.channels, shape.height, shape.width});
    tensors_.push_back({"input", shape, draw_numbers(random_, shape.size())});
    for (int i = draw(1, 12); i > 0; --i) grow();
    builder_.node("Identity", {tensors_.back().name});
    shuffle_nodes();
  }

  const OnnxBuilder& builder() const { return builder_; }
  const Floats& input() const { return tensors_.front().values; }
  const Tensor& output() const { return tensors_.back(); }

 private:
  int draw(int low, int high) { return ::draw(random_, low, high); }
  std::string fresh(const std::string& prefix) { return prefix + std::to_string(names_++); }

  /// Rather a late tensor than an early one.
  const Tensor& pick() {
    const int last = static_cast<int>(tensors_.size()) - 1;
    return tensors_[static_cast<std::size_t>(std::max(draw(0, last), draw(0, last)))];
  }

  template <typename Value>
  Tensor make(const Shape& shape, Value value) {
    Tensor result{fresh("t"), shape, {}};
    for (int c = 0; c < shape.channels; ++c) {
      for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) result.values.push_back(value(c, y, x));
      }
    }
    return result;
  }

  void grow() {
    const Tensor from = pick();
    switch (draw(0, 8)) {
      case 0:
      case 1:
        return convolution(from);
      case 2:
        return pooling(from);
      case 3:
        return relu(from);
      case 4:
        return scale(from);
      case 5:
        return add(from);
      case 6:
        return concat(from);
      case 7:
        return slice(from);
      default:
        return pad(from);
    }
  }

  void convolution(const Tensor& from) {
    const int channels = from.shape.channels;
    const int groups = draw(0, 3) == 0 ? channels : channels % 2 == 0 && draw(0, 2) == 0 ? 2 : 1;
    const int outputs = groups * draw(1, 3);
    const int kernel_height = draw(1, from.shape.height);
    const int kernel_width = draw(1, from.shape.width);
    const int stride = draw(1, 3);
    const int dilation =
        (std::max(kernel_height, kernel_width) - 1) * 2 + 1 <= std::min(from.shape.height, from.shape.width)
            ? draw(1, 2)
            : 1;
    const int pads[4] = {draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)};
    const int inputs = channels / groups;
    const Floats weights =
        draw_numbers(random_, static_cast<std::size_t>(outputs * inputs * kernel_height * kernel_width));
    const Floats bias = draw_numbers(random_, static_cast<std::size_t>(outputs));
    const Shape shape{outputs,
                      (from.shape.height + pads[0] + pads[2] - (kernel_height - 1) * dilation - 1) / stride + 1,
                      (from.shape.width + pads[1] + pads[3] - (kernel_width - 1) * dilation - 1) / stride + 1};
    const Tensor result = make(shape, [&](int o, int y, int x) {
      float sum = bias[static_cast<std::size_t>(o)];
      for (int i = 0; i < inputs; ++i) {
        const int channel = o / (outputs / groups) * inputs + i;
        for (int ky = 0; ky < kernel_height; ++ky) {
          for (int kx = 0; kx < kernel_width; ++kx) {
            sum += weights[static_cast<std::size_t>(((o * inputs + i) * kernel_height + ky) * kernel_width + kx)] *
                   from.get(channel, y * stride - pads[0] + ky * dilation, x * stride - pads[1] + kx * dilation, 0.0F);
          }
        }
      }
      return sum;
    });
    const std::string w = fresh("w");
    const std::string b = fresh("b");
    builder_.constant(w, {outputs, inputs, kernel_height, kernel_width}, weights);
    builder_.constant(b, {outputs}, bias);
    builder_.node("Conv", {from.name, w, b}, result.name)
        .with("group", groups)
        .with("strides", Sizes{stride, stride})
        .with("dilations", Sizes{dilation, dilation})
        .with("pads", Sizes{pads[0], pads[1], pads[2], pads[3]});
    keep(result);
  }

  /// The number of positions along one axis: as long as a window begins in front of the end of the input.
  static int pooled(int size, int kernel, int stride, int before, int after, bool ceil_mode) {
    int count = 0;
    while (count * stride + kernel <= size + before + after) ++count;
    const bool remainder = (count - 1) * stride + kernel < size + before + after;
    return ceil_mode && remainder && count * stride < size + before ? count + 1 : count;
  }

  void pooling(const Tensor& from) {
    const int kernel = draw(1, std::min({from.shape.height, from.shape.width, 4}));
    const int stride = draw(1, 3);
    const int most = kernel - 1;
    const int pads[4] = {draw(0, most), draw(0, most), draw(0, most), draw(0, most)};
    const bool ceil_mode = draw(0, 1) == 1;
    const int kind = draw(0, 2);  // maximum, average, average with the padding
    const Shape shape{from.shape.channels, pooled(from.shape.height, kernel, stride, pads[0], pads[2], ceil_mode),
                      pooled(from.shape.width, kernel, stride, pads[1], pads[3], ceil_mode)};
    const Tensor result = make(shape, [&](int c, int y, int x) {
      float largest = -1e30F;
      float sum = 0.0F;
      int inside = 0;
      int declared = 0;
      for (int row = y * stride - pads[0]; row < y * stride - pads[0] + kernel; ++row) {
        for (int column = x * stride - pads[1]; column < x * stride - pads[1] + kernel; ++column) {
          if (row < from.shape.height + pads[2] && column < from.shape.width + pads[3]) ++declared;
          if (row < 0 || row >= from.shape.height || column < 0 || column >= from.shape.width) continue;
          ++inside;
          largest = std::max(largest, from.get(c, row, column, 0.0F));
          sum += from.get(c, row, column, 0.0F);
        }
      }
      return kind == 0 ? largest : sum / static_cast<float>(kind == 1 ? inside : declared);
    });
    const auto node = builder_.node(kind == 0 ? "MaxPool" : "AveragePool", {from.name}, result.name)
                          .with("kernel_shape", Sizes{kernel, kernel})
                          .with("strides", Sizes{stride, stride})
                          .with("pads", Sizes{pads[0], pads[1], pads[2], pads[3]})
                          .with("ceil_mode", ceil_mode ? 1 : 0);
    if (kind == 2) node.with("count_include_pad", 1);
    keep(result);
  }

  void relu(const Tensor& from) {
    const Tensor result =
        make(from.shape, [&](int c, int y, int x) { return std::max(from.get(c, y, x, 0.0F), 0.0F); });
    builder_.node("Relu", {from.name}, result.name);
    keep(result);
  }

  void scale(const Tensor& from) {
    const Floats factors = draw_numbers(random_, static_cast<std::size_t>(from.shape.channels));
    const bool multiply = draw(0, 1) == 0;
    const Tensor result = make(from.shape, [&](int c, int y, int x) {
      const float factor = factors[static_cast<std::size_t>(c)];
      return multiply ? from.get(c, y, x, 0.0F) * factor : from.get(c, y, x, 0.0F) + factor;
    });
    const std::string constant = fresh("c");
    builder_.constant(constant, {from.shape.channels, 1, 1}, factors);
    builder_.node(multiply ? "Mul" : "Add", {from.name, constant}, result.name);
    keep(result);
  }

  void add(const Tensor& from) {
    const Tensor other = pick();
    if (other.shape != from.shape) return relu(from);
    const Tensor result =
        make(from.shape, [&](int c, int y, int x) { return from.get(c, y, x, 0.0F) + other.get(c, y, x, 0.0F); });
    builder_.node("Add", {from.name, other.name}, result.name);
    keep(result);
  }

  void concat(const Tensor& from) {
    const Tensor other = pick();
    if (other.shape.height != from.shape.height || other.shape.width != from.shape.width) return scale(from);
    const Shape shape{from.shape.channels + other.shape.channels, from.shape.height, from.shape.width};
    const Tensor result = make(shape, [&](int c, int y, int x) {
      const int second = c - from.shape.channels;
      return second < 0 ? from.get(c, y, x, 0.0F) : other.get(second, y, x, 0.0F);
    });
    builder_.node("Concat", {from.name, other.name}, result.name).with("axis", 1);
    keep(result);
  }

  void slice(const Tensor& from) {
    const int sizes[3] = {from.shape.channels, from.shape.height, from.shape.width};
    int start[3];
    int count[3];
    int step[3];
    Sizes starts;
    Sizes ends;
    Sizes steps;
    for (int axis = 0; axis < 3; ++axis) {
      start[axis] = draw(0, (sizes[axis] - 1) / 3);
      step[axis] = draw(1, 2);
      const int end = draw(start[axis] + 1 + (sizes[axis] - start[axis] - 1) / 2, sizes[axis]);
      count[axis] = (end - start[axis] + step[axis] - 1) / step[axis];
      starts.push_back(draw(0, 1) == 0 ? start[axis] : start[axis] - sizes[axis]);
      ends.push_back(end == sizes[axis] ? end + draw(0, 5) : end - sizes[axis]);
      steps.push_back(step[axis]);
    }
    const Tensor result = make({count[0], count[1], count[2]}, [&](int c, int y, int x) {
      return from.get(start[0] + step[0] * c, start[1] + step[1] * y, start[2] + step[2] * x, 0.0F);
    });
    const std::string names[4] = {fresh("s"), fresh("s"), fresh("s"), fresh("s")};
    builder_.constant(names[0], starts);
    builder_.constant(names[1], ends);
    builder_.constant(names[2], Sizes{1, 2, 3});
    builder_.constant(names[3], steps);
    builder_.node("Slice", {from.name, names[0], names[1], names[2], names[3]}, result.name);
    keep(result);
  }

  void pad(const Tensor& from) {
    int before[3];
    int after[3];
    for (int axis = 0; axis < 3; ++axis) {
      before[axis] = draw(0, 2);
      after[axis] = draw(0, 2);
    }
    const auto value = static_cast<float>(draw(-2, 2));
    const Shape shape{from.shape.channels + before[0] + after[0], from.shape.height + before[1] + after[1],
                      from.shape.width + before[2] + after[2]};
    const Tensor result = make(shape, [&](int c, int y, int x) {
      const int channel = c - before[0];
      return channel < 0 || channel >= from.shape.channels ? value
                                                           : from.get(channel, y - before[1], x - before[2], value);
    });
    const std::string pads = fresh("p");
    const std::string fill = fresh("v");
    builder_.constant(pads, Sizes{0, before[0], before[1], before[2], 0, after[0], after[1], after[2]});
    builder_.constant(fill, {}, {value});
    builder_.node("Pad", {from.name, pads, fill}, result.name);
    keep(result);
  }

  void keep(const Tensor& tensor) { tensors_.push_back(tensor); }

  void shuffle_nodes() {
    auto& nodes = *builder_.model.mutable_graph()->mutable_node();
    for (int i = nodes.size() - 1; i > 0; --i) nodes.SwapElements(i, draw(0, i));
  }

  std::mt19937 random_;
  OnnxBuilder builder_;
  std::vector<Tensor> tensors_;
  int names_ = 0;
};

TEST_CASE("random networks give what the operators' definitions say") {
  constexpr unsigned kSeed = 1000;
  std::set<std::size_t> kinds;
  for (unsigned i = 0; i < 3000; ++i) {
    const RandomNetwork network(kSeed + i);
    INFO("seed " << kSeed + i);
    if (network.builder().model.graph().node_size() == 1) continue;
    const Graph graph = import(network.builder());
    for (const Node& node : graph.nodes) kinds.insert(node.operation.index());
    REQUIRE(graph.nodes.back().shape == network.output().shape);
    const Floats output = FloatExecutor(graph).output(network.input());
    REQUIRE(output.size() == network.output().values.size());
    float largest = 1.0F;
    for (const float value : network.output().values) largest = std::max(largest, std::abs(value));
    float worst = 0.0F;
    for (std::size_t j = 0; j < output.size(); ++j) {
      worst = std::max(worst, std::abs(output[j] - network.output().values[j]));
    }
    REQUIRE(worst <= 1e-4F * largest);
  }
  CHECK(kinds.size() == 9);  // all but leaky ReLU and reshape
}

TEST_CASE("the executor gives the outputs of all nodes and refuses an input of the wrong size") {
  OnnxBuilder builder({1, 1, 1, 2});
  builder.constant("two", {}, {2});
  builder.node("Relu", {"input"}, "r");
  builder.node("Mul", {"r", "two"});
  const FloatExecutor executor(import(builder));
  CHECK(executor.run({-1, 3}) == std::vector<Floats>{{0, 3}, {0, 6}});
  CHECK_THROWS_AS(executor.run({1}), InputError);
  CHECK_THROWS_WITH(executor.run({1}), Catch::Contains("1 values, expected 1 x 1 x 2"));
}

TEST_CASE("a convolution too large to be unfolded at once") {
  constexpr int kChannels = 64;
  constexpr int kSize = 70;
  std::mt19937 random(6);
  const Floats weights = draw_numbers(random, kChannels * 9);
  const Tensor input{"input", {kChannels, kSize, kSize}, draw_numbers(random, kChannels * kSize * kSize)};
  OnnxBuilder builder({1, kChannels, kSize, kSize});
  builder.constant("w", {1, kChannels, 3, 3}, weights);
  builder.node("Conv", {"input", "w"}).with("pads", Sizes{1, 1, 1, 1});
  Floats expected;
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      float sum = 0.0F;
      for (int i = 0; i < kChannels * 9; ++i) {
        sum += weights[static_cast<std::size_t>(i)] * input.get(i / 9, y + i / 3 % 3 - 1, x + i % 3 - 1, 0.0F);
      }
      expected.push_back(sum);
    }
  }
  CHECK((run(builder, input.values) == expected));
}

TEST_CASE("the executor is deterministic") {
  OnnxBuilder builder({1, 32, 24, 24});
  std::mt19937 random(5);
  std::normal_distribution<float> normal;
  Floats weights(64 * 32 * 9);
  for (float& weight : weights) weight = normal(random);
  builder.constant("w", {64, 32, 3, 3}, weights);
  builder.node("Conv", {"input", "w"});
  Floats input(32 * 24 * 24);
  for (float& value : input) value = normal(random);
  const FloatExecutor executor(import(builder));
  const Floats first = executor.output(input);
  for (int i = 0; i < 5; ++i) CHECK(executor.output(input) == first);
}

}  // namespace
