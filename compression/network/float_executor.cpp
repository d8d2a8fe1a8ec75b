#include "compression/network/float_executor.h"

#include <dnnl.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "compression/network/unfold.h"
#include "support/error.h"
#include "support/single_thread.h"

namespace reprise {
namespace {

using Values = std::vector<float>;

constexpr std::size_t kScratchSize = std::size_t{1} << 20;  // unfolded numbers at once: they stay in the cache

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// Executes one node; `out` has its size already.
struct NodeRunner {
  const Node& node;
  const Shape& shape;  ///< of the first input
  const std::vector<const Values*>& in;
  Values& out;
  Values& scratch;

  const float* channel(int c) const { return in[0]->data() + index(c) * shape.pixels(); }

  template <typename Function>
  void each_value(Function function) const {
    std::transform(in[0]->begin(), in[0]->end(), out.begin(), function);
  }

  void operator()(const FloatConvolution& convolution) const {
    auto plane = out.begin();
    for (const float bias : convolution.bias) plane = std::fill_n(plane, node.shape.pixels(), bias);
    for (int group = 0; group < convolution.groups; ++group) convolve(convolution, group);
  }

  void convolve(const FloatConvolution& convolution, int group) const {
    const SlidingWindow& window = convolution.window;
    const int channels = shape.channels / convolution.groups;
    const int outputs = node.shape.channels / convolution.groups;
    const int taps = channels * window.area();
    const float* in_group = channel(group * channels);
    const float* weights = convolution.weights.data() + index(group) * index(outputs) * index(taps);
    float* result = out.data() + index(group) * index(outputs) * node.shape.pixels();
    // The columns are the input itself where each window sees one pixel, or where one window sees everything.
    const bool unpadded = window.pad_top + window.pad_left + window.pad_bottom + window.pad_right == 0;
    const bool pointwise = window.area() == 1 && node.shape.pixels() == shape.pixels();
    const bool whole = window.area() == static_cast<int>(shape.pixels());
    if (unpadded && (pointwise || whole) && !convolution.filter) {
      return multiply(weights, in_group, result, outputs, node.shape.pixels(), taps);
    }
    const auto row_size = index(taps) * index(node.shape.width);
    const int rows_at_once = std::clamp(static_cast<int>(kScratchSize / row_size), 1, node.shape.height);
    scratch.resize(std::max(scratch.size(), index(rows_at_once) * row_size));
    for (int row = 0; row < node.shape.height; row += rows_at_once) {
      const int rows = std::min(rows_at_once, node.shape.height - row);
      unfold(in_group, shape, channels, window, node.shape.width, row, rows, scratch.data());
      if (convolution.filter) filter_columns(*convolution.filter, taps, rows * node.shape.width, scratch.data());
      multiply(weights, scratch.data(), result + index(row) * index(node.shape.width), outputs,
               index(rows) * index(node.shape.width), taps);
    }
  }

  /// result[outputs][pixels] += weights[outputs][taps] * columns[taps][pixels], of which result is part of a plane.
  void multiply(const float* weights, const float* columns, float* result, int outputs, std::size_t pixels,
                int taps) const {
    const auto width = static_cast<dnnl_dim_t>(pixels);
    const auto pitch = static_cast<dnnl_dim_t>(node.shape.pixels());
    if (dnnl_sgemm('N', 'N', outputs, width, taps, 1.0F, weights, taps, columns, width, 1.0F, result, pitch) !=
        dnnl_success) {
      throw std::runtime_error(fmt::format("node '{}': the matrix product failed", node.name));
    }
  }

  /// Calls begin(), take(value) for each input under the window, end(positions in the input, in the declared padding).
  template <typename Begin, typename Take, typename End>
  void slide(const SlidingWindow& window, Begin begin, Take take, End end) const {
    const auto taps = [](int first, int step, int count, int low, int high) {  // those with low <= position < high
      int inside = 0;
      for (int k = 0; k < count; ++k) inside += first + k * step >= low && first + k * step < high ? 1 : 0;
      return inside;
    };
    std::size_t position = 0;
    for (int c = 0; c < node.shape.channels; ++c) {
      for (int y = 0; y < node.shape.height; ++y) {
        for (int x = 0; x < node.shape.width; ++x, ++position) {
          const int row = y * window.stride_height - window.pad_top;
          const int column = x * window.stride_width - window.pad_left;
          begin();
          for (int ky = 0; ky < window.kernel_height; ++ky) {
            const int from = row + ky * window.dilation_height;
            if (from < 0 || from >= shape.height) continue;
            for (int kx = 0; kx < window.kernel_width; ++kx) {
              const int at = column + kx * window.dilation_width;
              if (at >= 0 && at < shape.width) take(channel(c)[index(from) * index(shape.width) + index(at)]);
            }
          }
          const auto count = [&](int pad_top, int pad_left, int pad_bottom, int pad_right) {
            return taps(row, window.dilation_height, window.kernel_height, -pad_top, shape.height + pad_bottom) *
                   taps(column, window.dilation_width, window.kernel_width, -pad_left, shape.width + pad_right);
          };
          out[position] = end(count);
        }
      }
    }
  }

  void operator()(const FloatMaxPool& pool) const {
    float largest = 0.0F;
    slide(
        pool.window, [&] { largest = -std::numeric_limits<float>::infinity(); },
        [&](float value) { largest = std::max(largest, value); }, [&](const auto&) { return largest; });
  }

  void operator()(const FloatAveragePool& pool) const {
    const SlidingWindow& window = pool.window;
    float sum = 0.0F;
    slide(
        window, [&] { sum = 0.0F; }, [&](float value) { sum += value; },
        [&](const auto& count) {
          const int positions = pool.count_padding
                                    ? count(window.pad_top, window.pad_left, window.pad_bottom, window.pad_right)
                                    : count(0, 0, 0, 0);
          return sum / static_cast<float>(positions);
        });
  }

  void operator()(const FloatAdd&) const {
    out = *in[0];
    for (std::size_t i = 1; i < in.size(); ++i) {
      std::transform(out.begin(), out.end(), in[i]->begin(), out.begin(), std::plus<>());
    }
  }

  void operator()(const FloatScale& scale) const {
    auto to = out.begin();
    for (int c = 0; c < shape.channels; ++c) {
      const float factor = scale.factor[index(c)];
      const float offset = scale.offset[index(c)];
      to = std::transform(channel(c), channel(c) + shape.pixels(), to,
                          [&](float value) { return value * factor + offset; });
    }
  }

  void operator()(const FloatClamp& clamp) const {
    each_value([&](float value) { return std::clamp(value, clamp.low, clamp.high); });
  }

  void operator()(const FloatLeakyRelu& relu) const {
    each_value([&](float value) { return value < 0.0F ? value * relu.slope : value; });
  }

  void operator()(const FloatConcat&) const {
    auto end = out.begin();
    for (const Values* part : in) end = std::copy(part->begin(), part->end(), end);
  }

  void operator()(const FloatSlice& slice) const {
    auto to = out.begin();
    for (int c = 0; c < node.shape.channels; ++c) {
      const float* plane = channel(slice.start[0] + c * slice.step[0]);
      for (int y = 0; y < node.shape.height; ++y) {
        const float* line = plane + index(slice.start[1] + y * slice.step[1]) * index(shape.width);
        for (int x = 0; x < node.shape.width; ++x) *to++ = line[slice.start[2] + x * slice.step[2]];
      }
    }
  }

  void operator()(const FloatPad& pad) const {
    std::fill(out.begin(), out.end(), pad.value);
    for (int c = 0; c < shape.channels; ++c) {
      float* plane = out.data() + index(c + pad.before[0]) * node.shape.pixels();
      for (int y = 0; y < shape.height; ++y) {
        const float* line = channel(c) + index(y) * index(shape.width);
        std::copy(line, line + shape.width, plane + index(y + pad.before[1]) * index(node.shape.width) + pad.before[2]);
      }
    }
  }

  void operator()(const FloatReshape&) const { out = *in[0]; }
};

}  // namespace

std::vector<std::vector<float>> FloatExecutor::run(const std::vector<float>& input) const {
  std::vector<Values> outputs;
  run(input, outputs);
  return outputs;
}

std::vector<float> FloatExecutor::output(const std::vector<float>& input) const {
  thread_local std::vector<Values> outputs;  // fresh memory for each image would cost more than the arithmetic
  run(input, outputs);
  return outputs.back();
}

void FloatExecutor::run(const std::vector<float>& input, std::vector<std::vector<float>>& outputs) const {
  if (input.size() != graph_.input_shape.size()) {
    throw InputError(fmt::format("network '{}': the input has {} values, expected {} x {} x {}", graph_.name,
                                 input.size(), graph_.input_shape.channels, graph_.input_shape.height,
                                 graph_.input_shape.width));
  }
  outputs.resize(graph_.nodes.size());
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) run_node(graph_, static_cast<int>(i), input, outputs);
}

void run_node(const Graph& graph, int number, const Values& input, std::vector<Values>& outputs) {
  run_node(graph, number, graph.nodes[index(number)].operation, input, outputs);
}

void run_node(const Graph& graph, int number, const FloatOperation& operation, const Values& input,
              std::vector<Values>& outputs) {
  const SingleThread single_thread;
  thread_local Values scratch;
  const Node& node = graph.nodes[index(number)];
  std::vector<const Values*> in;
  for (const int from : node.inputs) in.push_back(from == kNetworkInput ? &input : &outputs[index(from)]);
  Values& out = outputs[index(number)];
  out.resize(node.shape.size());
  std::visit(NodeRunner{node, graph.shape_of(node.inputs[0]), in, out, scratch}, operation);
}

}  // namespace reprise
