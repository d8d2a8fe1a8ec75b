#include "compression/fine_tuning/torch_network.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <variant>

namespace reprise {
namespace {

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// The input padded, or cut, to just what all windows see.
at::Tensor fitted(const at::Tensor& input, const SlidingWindow& window, const Shape& output, float value) {
  const auto seen = [](int positions, int stride, int kernel, int dilation) {
    return (positions - 1) * stride + (kernel - 1) * dilation + 1;
  };
  const int height = seen(output.height, window.stride_height, window.kernel_height, window.dilation_height);
  const int width = seen(output.width, window.stride_width, window.kernel_width, window.dilation_width);
  const std::int64_t bottom = height - window.pad_top - input.size(2);
  const std::int64_t right = width - window.pad_left - input.size(3);
  if (window.pad_left == 0 && right == 0 && window.pad_top == 0 && bottom == 0) return input;
  return at::constant_pad_nd(input, {window.pad_left, right, window.pad_top, bottom}, value);
}

/// Numbers of the graph, one a channel.
at::Tensor by_channel(const std::vector<float>& numbers) {
  return at::tensor(at::ArrayRef<float>(numbers)).view({1, -1, 1, 1});
}

/// Everything but convolutions.
struct NodeRunner {
  const Node& node;
  const Shape& shape;  ///< of the first input
  const std::vector<at::Tensor>& in;
  bool overwrite;  ///< nobody else needs the input

  at::Tensor operator()(const FloatMaxPool& pool) const {
    const SlidingWindow& w = pool.window;
    return at::max_pool2d(fitted(in[0], w, node.shape, -std::numeric_limits<float>::infinity()),
                          {w.kernel_height, w.kernel_width}, {w.stride_height, w.stride_width}, 0,
                          {w.dilation_height, w.dilation_width});
  }

  at::Tensor operator()(const FloatAveragePool& pool) const {
    return window_sums(in[0], pool.window, node.shape) / counts(pool);
  }

  at::Tensor operator()(const FloatAdd&) const {
    at::Tensor sum = in[0] + in[1];
    for (std::size_t i = 2; i < in.size(); ++i) sum = sum + in[i];
    return sum;
  }

  at::Tensor operator()(const FloatScale& scale) const {
    return in[0] * by_channel(scale.factor) + by_channel(scale.offset);
  }

  at::Tensor operator()(const FloatClamp& clamp) const {
    const bool relu = clamp.low == 0.0F && clamp.high == std::numeric_limits<float>::infinity();
    if (!relu) return in[0].clamp(clamp.low, clamp.high);
    return overwrite ? at::Tensor(in[0]).relu_() : in[0].relu();
  }

  at::Tensor operator()(const FloatLeakyRelu& leaky) const { return at::leaky_relu(in[0], leaky.slope); }

  at::Tensor operator()(const FloatConcat&) const { return at::cat(in, 1); }

  at::Tensor operator()(const FloatSlice& slice) const {
    const int count[] = {node.shape.channels, node.shape.height, node.shape.width};
    at::Tensor result = in[0];
    for (std::size_t d = 0; d < 3; ++d) {
      const int end = slice.start[d] + (count[d] - 1) * slice.step[d] + 1;
      result = result.slice(static_cast<std::int64_t>(d) + 1, slice.start[d], end, slice.step[d]);
    }
    return result;
  }

  at::Tensor operator()(const FloatPad& pad) const {
    const auto after = [&](int size, int total, std::size_t d) { return total - size - pad.before[d]; };
    return at::constant_pad_nd(
        in[0],
        {pad.before[2], after(shape.width, node.shape.width, 2), pad.before[1],
         after(shape.height, node.shape.height, 1), pad.before[0], after(shape.channels, node.shape.channels, 0)},
        pad.value);
  }

  at::Tensor operator()(const FloatReshape&) const {
    return in[0].contiguous().view({-1, node.shape.channels, node.shape.height, node.shape.width});
  }

  at::Tensor operator()(const FloatConvolution&) const { return {}; }

 private:
  static at::Tensor window_sums(const at::Tensor& input, const SlidingWindow& w, const Shape& output) {
    const at::Tensor padded = fitted(input, w, output, 0.0F);
    if (w.dilation_height == 1 && w.dilation_width == 1) {
      return at::avg_pool2d(padded, {w.kernel_height, w.kernel_width}, {w.stride_height, w.stride_width}, 0, false,
                            true, 1);
    }
    const at::Tensor ones = at::ones({padded.size(1), 1, w.kernel_height, w.kernel_width});
    return at::conv2d(padded, ones, {}, {w.stride_height, w.stride_width}, at::IntArrayRef{0, 0},
                      {w.dilation_height, w.dilation_width}, padded.size(1));
  }

  /// How many positions of each window count.
  at::Tensor counts(const FloatAveragePool& pool) const {
    SlidingWindow w = pool.window;
    if (!pool.count_padding) return window_sums(at::ones({1, 1, shape.height, shape.width}), w, node.shape);
    const at::Tensor padded =
        at::ones({1, 1, shape.height + w.pad_top + w.pad_bottom, shape.width + w.pad_left + w.pad_right});
    w.pad_top = w.pad_left = 0;
    return window_sums(padded, w, node.shape);
  }
};

/// Memory is what a step takes most time with: activations after these go in place.
bool gradient_needs_no_output(const FloatOperation& operation) {
  return std::holds_alternative<FloatConvolution>(operation) || std::holds_alternative<FloatAdd>(operation);
}

at::Tensor convolve(const at::Tensor& input, const at::Tensor& weights, const at::Tensor& bias,
                    const FloatConvolution& convolution, const Shape& output) {
  const SlidingWindow& w = convolution.window;
  const bool even = w.pad_top == w.pad_bottom && w.pad_left == w.pad_right;
  const std::vector<std::int64_t> padding =
      even ? std::vector<std::int64_t>{w.pad_top, w.pad_left} : std::vector<std::int64_t>{0, 0};
  return at::conv2d(even ? input : fitted(input, w, output, 0.0F), weights, bias, {w.stride_height, w.stride_width},
                    padding, {w.dilation_height, w.dilation_width}, convolution.groups);
}

}  // namespace

TorchNetwork::TorchNetwork(const Graph& graph, const std::vector<CompressedLayer>& layers) : graph_(graph) {
  const std::vector<int> consumers = consumer_counts(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    overwrites_.push_back(node.inputs[0] != kNetworkInput && consumers[index(node.inputs[0])] == 1 &&
                          gradient_needs_no_output(graph.nodes[index(node.inputs[0])].operation));
    const auto* convolution = std::get_if<FloatConvolution>(&node.operation);
    if (convolution == nullptr) continue;
    const int number = static_cast<int>(i);
    const auto layer = std::find_if(layers.begin(), layers.end(), [&](const auto& l) { return l.node == number; });
    weights_.try_emplace(number, *convolution, layer == layers.end() ? nullptr : &*layer);
    if (convolution->filter) filtered_.try_emplace(number, *convolution, graph.shape_of(node.inputs[0]), node.shape);
  }
}

at::Tensor TorchNetwork::forward(const at::Tensor& images, bool with_filters) const {
  std::vector<at::Tensor> outputs;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Node& node = graph_.nodes[i];
    const int number = static_cast<int>(i);
    std::vector<at::Tensor> in;
    for (const int from : node.inputs) in.push_back(from == kNetworkInput ? images : outputs[index(from)]);
    const auto* convolution = std::get_if<FloatConvolution>(&node.operation);
    if (convolution == nullptr) {
      outputs.push_back(
          std::visit(NodeRunner{node, graph_.shape_of(node.inputs[0]), in, overwrites_[i]}, node.operation));
      continue;
    }
    const LatentWeights& latent = weights_.at(number);
    const auto filtered = filtered_.find(number);
    outputs.push_back(with_filters && filtered != filtered_.end()
                          ? filtered->second(in[0], latent.weights(), latent.bias())
                          : convolve(in[0], latent.weights(), latent.bias(), *convolution, node.shape));
  }
  return outputs.back().flatten(1);
}

std::vector<at::Tensor> TorchNetwork::parameters() const {
  std::vector<at::Tensor> all;
  for (const auto& [node, latent] : weights_) {
    for (const at::Tensor& parameter : latent.parameters()) all.push_back(parameter);
  }
  return all;
}

void TorchNetwork::confine() {
  for (auto& [node, latent] : weights_) latent.confine();
}

void TorchNetwork::write_back(Graph& graph, std::vector<CompressedLayer>& layers) const {
  for (const auto& [number, latent] : weights_) {
    const int node = number;
    const auto layer = std::find_if(layers.begin(), layers.end(), [&](const auto& l) { return l.node == node; });
    latent.write_back(std::get<FloatConvolution>(graph.nodes[index(node)].operation),
                      layer == layers.end() ? nullptr : &*layer);
  }
}

}  // namespace reprise
