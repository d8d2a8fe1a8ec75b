#include "compression/network/integer_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>
#include <variant>

#include "compression/image/network_check.h"
#include "compression/image/require.h"
#include "support/error.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

using Activations = std::vector<std::uint8_t>;

std::size_t index(const Shape& shape, int channel, int y, int x) {
  return (static_cast<std::size_t>(channel) * static_cast<std::size_t>(shape.height) + static_cast<std::size_t>(y)) *
             static_cast<std::size_t>(shape.width) +
         static_cast<std::size_t>(x);
}

bool inside(const Shape& shape, int channel, int y, int x) {
  return channel >= 0 && channel < shape.channels && y >= 0 && y < shape.height && x >= 0 && x < shape.width;
}

template <class Function>
void for_each_position(const Shape& shape, Function function) {
  for (int channel = 0; channel < shape.channels; ++channel) {
    for (int y = 0; y < shape.height; ++y) {
      for (int x = 0; x < shape.width; ++x) function(channel, y, x);
    }
  }
}

/// Calls function(y, x) for every tap of the window at output position (out_y, out_x), inside the input or not.
template <class Function>
void for_each_tap(const SlidingWindow& window, int out_y, int out_x, Function function) {
  const int top = out_y * window.stride_height - window.pad_top;
  const int left = out_x * window.stride_width - window.pad_left;
  for (int ky = 0; ky < window.kernel_height; ++ky) {
    for (int kx = 0; kx < window.kernel_width; ++kx) {
      function(top + ky * window.dilation_height, left + kx * window.dilation_width);
    }
  }
}

/// Rows of weights are filled up with zeros to whole vectors.
std::size_t padded_row(std::size_t rows) {
  constexpr std::size_t kVector = 32;
  return (rows + kVector - 1) / kVector * kVector;
}

/// A convolution's input as x - z_in, with zeros around it as far as any window reaches.
class PaddedInput {
 public:
  PaddedInput(const SlidingWindow& window, const Shape& in, const Activations& input, int zero, const Shape& out)
      : shape_{in.channels,
               std::max(window.pad_top + in.height, (out.height - 1) * window.stride_height +
                                                        (window.kernel_height - 1) * window.dilation_height + 1),
               std::max(window.pad_left + in.width,
                        (out.width - 1) * window.stride_width + (window.kernel_width - 1) * window.dilation_width + 1)},
        values_(shape_.size()) {
    for_each_position(in, [&](int channel, int y, int x) {
      values_[index(shape_, channel, y + window.pad_top, x + window.pad_left)] =
          static_cast<std::int16_t>(input[index(in, channel, y, x)] - zero);
    });
  }

  /// The inputs of an output line's windows, [im2col row][x].
  void unfold(const SlidingWindow& window, int first_channel, int channels, int y, int width,
              std::vector<std::int16_t>& columns) const {
    auto to = columns.begin();
    for_each_position({channels, window.kernel_height, window.kernel_width}, [&](int channel, int ky, int kx) {
      const std::int16_t* from =
          &values_[index(shape_, first_channel + channel, y * window.stride_height + ky * window.dilation_height,
                         kx * window.dilation_width)];
      for (int x = 0; x < width; ++x) *to++ = from[x * window.stride_width];
    });
  }

 private:
  Shape shape_;
  std::vector<std::int16_t> values_;
};

std::vector<std::int16_t> padded_weights(const std::vector<std::int8_t>& weights, std::size_t outputs) {
  const std::size_t rows = weights.size() / outputs;
  std::vector<std::int16_t> padded(outputs * padded_row(rows));
  for (std::size_t i = 0; i < weights.size(); ++i)
    padded[i / rows * padded_row(rows) + i % rows] = std::int16_t{weights[i]};
  return padded;
}

/// Each output's sum of weight x value. `weights` are [output][row].
REPRISE_VECTOR_CLONES void multiply(const std::int16_t* weights, const std::vector<std::int16_t>& values,
                                    std::vector<std::int32_t>& sums) {
  for (std::size_t output = 0; output < sums.size(); ++output, weights += values.size()) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += std::int32_t{weights[i]} * std::int32_t{values[i]};
    sums[output] = sum;
  }
}

/// InputFilter, on one block of im2col rows whose zero point is 0: [row][x], `width` windows side by side.
REPRISE_VECTOR_CLONES void filter_block(const InputFilter& filter, std::int16_t* begin, std::int16_t* end,
                                        std::size_t width) {
  std::vector<std::int32_t> sums(width);
  std::vector<std::int16_t> largest(width);
  for (const std::int16_t* line = begin; line != end; line += width) {
    for (std::size_t x = 0; x < width; ++x) {
      sums[x] += line[x];
      largest[x] = std::max(largest[x], line[x]);
    }
  }
  std::vector<std::int16_t> masks(width, -1);  // the planes that remain reach up to the largest value
  for (int plane = filter.planes; plane < 8; ++plane) {
    for (std::size_t x = 0; x < width; ++x) {
      masks[x] = static_cast<std::int16_t>(largest[x] >> plane != 0 ? masks[x] * 2 : masks[x]);
    }
  }
  for (std::size_t x = 0; x < width; ++x) masks[x] = sums[x] < filter.least_sum ? std::int16_t{0} : masks[x];
  for (std::int16_t* line = begin; line != end; line += width) {
    for (std::size_t x = 0; x < width; ++x) line[x] = static_cast<std::int16_t>(line[x] & masks[x]);
  }
}

void filter_columns(const InputFilter& filter, std::vector<std::int16_t>& columns, std::size_t width) {
  const std::size_t block = static_cast<std::size_t>(filter.block_rows) * width;
  for (std::size_t first = 0; first < columns.size(); first += block) {
    filter_block(filter, &columns[first], columns.data() + std::min(first + block, columns.size()), width);
  }
}

/// One layer's computation; apply with std::visit, then take the output.
class LayerRun {
 public:
  LayerRun(const NetworkDescription& description, const Layer& layer, std::vector<const Activations*> inputs,
           const std::vector<std::int16_t>& weights)
      : layer_(layer),
        shape_(layer.shape),
        in_(description.shape_of(layer.inputs.front())),
        zero_(description.quantisation_of(layer.inputs.front()).zero_point),
        description_(description),
        inputs_(std::move(inputs)),
        weights_(weights),
        output_(layer.shape.size()) {}

  Activations take_output() { return std::move(output_); }

  void operator()(const ConvolutionLayer& convolution) {
    const int in_channels = in_.channels / convolution.groups;
    const int out_channels = shape_.channels / convolution.groups;
    const PaddedInput padded(convolution.window, in_, input(), zero_, shape_);
    const auto width = static_cast<std::size_t>(shape_.width);
    const std::size_t rows =
        static_cast<std::size_t>(in_channels) * static_cast<std::size_t>(convolution.window.area());
    std::vector<std::int16_t> columns(rows * width);
    std::vector<std::int16_t> values(padded_row(rows));
    std::vector<std::int32_t> sums(static_cast<std::size_t>(out_channels));
    for (int group = 0; group < convolution.groups; ++group) {
      for (int y = 0; y < shape_.height; ++y) {
        padded.unfold(convolution.window, group * in_channels, in_channels, y, shape_.width, columns);
        if (convolution.filter) filter_columns(*convolution.filter, columns, width);
        for (int x = 0; x < shape_.width; ++x) {
          for (std::size_t row = 0; row < rows; ++row) values[row] = columns[row * width + static_cast<std::size_t>(x)];
          multiply(&weights_[sums.size() * static_cast<std::size_t>(group) * values.size()], values, sums);
          for (int output = 0; output < out_channels; ++output) {
            const int channel = group * out_channels + output;
            const auto c = static_cast<std::size_t>(channel);
            const std::int32_t sum = convolution.bias[c] + sums[static_cast<std::size_t>(output)];
            const bool negative = sum < 0 && !convolution.negative_requantisation.empty();
            const auto& factors = negative ? convolution.negative_requantisation : convolution.requantisation;
            output_[index(shape_, channel, y, x)] = stored(scale(sum, factors[c]));
          }
        }
      }
    }
  }

  void operator()(const MaxPoolLayer& pool) {
    for_each_position(shape_, [&](int channel, int y, int x) {
      std::uint8_t largest = 0;
      for_each_tap(pool.window, y, x, [&](int in_y, int in_x) {
        if (inside(in_, channel, in_y, in_x)) largest = std::max(largest, input()[index(in_, channel, in_y, in_x)]);
      });
      output_[index(shape_, channel, y, x)] = largest;
    });
  }

  void operator()(const AveragePoolLayer& pool) {
    const SlidingWindow& window = pool.window;
    for_each_position(shape_, [&](int channel, int y, int x) {
      std::int64_t sum = 0;
      std::size_t count = 0;
      for_each_tap(window, y, x, [&](int in_y, int in_x) {
        const bool in_padding = in_y >= -window.pad_top && in_y < in_.height + window.pad_bottom &&
                                in_x >= -window.pad_left && in_x < in_.width + window.pad_right;
        const bool in_image = inside(in_, channel, in_y, in_x);
        if (in_image) sum += input()[index(in_, channel, in_y, in_x)] - zero_;
        if (in_image || (pool.count_padding && in_padding)) ++count;
      });
      output_[index(shape_, channel, y, x)] = stored(count == 0 ? 0 : scale(sum, pool.requantisation[count - 1]));
    });
  }

  void operator()(const ElementwiseLayer& elementwise) {
    const std::int64_t half = std::int64_t{1} << (elementwise.shift - 1);
    for_each_position(shape_, [&](int channel, int y, int x) {
      const auto c = static_cast<std::size_t>(channel);
      std::int64_t sum = elementwise.offset[c];
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        sum += std::int64_t{elementwise.multipliers[i][c]} * ((*inputs_[i])[index(shape_, channel, y, x)] - zero_of(i));
      }
      output_[index(shape_, channel, y, x)] = stored((sum + half) >> elementwise.shift);
    });
  }

  void operator()(const ConcatLayer& concat) {
    std::size_t position = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for (const std::uint8_t value : *inputs_[i]) {
        output_[position++] = stored(scale(value - zero_of(i), concat.requantisation[i]));
      }
    }
  }

  void operator()(const LookupLayer& lookup) {
    std::transform(input().begin(), input().end(), output_.begin(), [&](std::uint8_t x) { return lookup.table[x]; });
  }

  void operator()(const SliceLayer& slice) {
    for_each_position(shape_, [&](int channel, int y, int x) {
      output_[index(shape_, channel, y, x)] =
          input()[index(in_, slice.start[0] + slice.step[0] * channel, slice.start[1] + slice.step[1] * y,
                        slice.start[2] + slice.step[2] * x)];
    });
  }

  void operator()(const PadLayer& pad) {
    for_each_position(shape_, [&](int channel, int y, int x) {
      const int in_channel = channel - pad.before[0];
      const int in_y = y - pad.before[1];
      const int in_x = x - pad.before[2];
      output_[index(shape_, channel, y, x)] =
          inside(in_, in_channel, in_y, in_x) ? input()[index(in_, in_channel, in_y, in_x)] : pad.value;
    });
  }

  void operator()(const ReshapeLayer&) { output_ = input(); }

 private:
  const Activations& input() const { return *inputs_.front(); }
  int zero_of(std::size_t i) const { return description_.quantisation_of(layer_.inputs[i]).zero_point; }

  std::uint8_t stored(std::int64_t scaled) const {
    return static_cast<std::uint8_t>(
        std::clamp<std::int64_t>(layer_.quantisation.zero_point + scaled, layer_.clamp_low, layer_.clamp_high));
  }

  const Layer& layer_;
  const Shape& shape_;
  const Shape& in_;  // of the first input
  const int zero_;
  const NetworkDescription& description_;
  std::vector<const Activations*> inputs_;
  const std::vector<std::int16_t>& weights_;
  Activations output_;
};

}  // namespace

std::int64_t scale(std::int64_t value, const FixedPoint& factor) {
  return (value * factor.multiplier + (std::int64_t{1} << (factor.shift - 1))) >> factor.shift;
}

void check_layer(const QuantisedNetwork& network, std::size_t layer_index) {
  const Layer& layer = network.description.layers[layer_index];
  const auto* convolution = std::get_if<ConvolutionLayer>(&layer.operation);
  if (convolution == nullptr) return;
  const std::vector<std::int8_t>& weights = network.weights[layer_index];
  const auto outputs = static_cast<std::size_t>(layer.shape.channels);
  const int in_channels = network.description.shape_of(layer.inputs.front()).channels / convolution->groups;
  const auto rows = static_cast<std::size_t>(in_channels) * static_cast<std::size_t>(convolution->window.area());
  const std::size_t negative_factors = convolution->negative_requantisation.size();
  if (weights.size() != outputs * rows || convolution->bias.size() != outputs ||
      convolution->requantisation.size() != outputs || (negative_factors != 0 && negative_factors != outputs)) {
    throw InputError(fmt::format("layer {}: expected {} x {} weights and {} biases and factors", layer.name, outputs,
                                 rows, outputs));
  }
  if (convolution->filter) {
    const int zero_point = network.description.quantisation_of(layer.inputs.front()).zero_point;
    in_context("layer " + layer.name, [&] { check_filter(*convolution->filter, zero_point); });
  }
  for (std::size_t output = 0; output < outputs; ++output) {
    std::int64_t bound = std::abs(std::int64_t{convolution->bias[output]});
    for (std::size_t row = 0; row < rows; ++row) bound += 255L * std::abs(weights[output * rows + row]);
    if (bound >= std::int64_t{1} << 31) {
      throw InputError(fmt::format("layer {}: sums of output {} can reach {}, more than a 32-bit accumulator holds",
                                   layer.name, output, bound));
    }
  }
}

void check_layers(const QuantisedNetwork& network) {
  const std::size_t layers = network.description.layers.size();
  if (network.weights.size() != layers) {
    throw InputError(fmt::format("network {}: {} layers but weights of {}", network.description.name, layers,
                                 network.weights.size()));
  }
  for (std::size_t layer = 0; layer < layers; ++layer) check_layer(network, layer);
}

IntegerReference::IntegerReference(const QuantisedNetwork& network) : description_(network.description) {
  check_layers(network);
  for (std::size_t layer = 0; layer < network.weights.size(); ++layer) {
    weights_.push_back(
        padded_weights(network.weights[layer], static_cast<std::size_t>(description_.layers[layer].shape.channels)));
  }
}

std::vector<std::vector<std::uint8_t>> IntegerReference::run(const std::vector<std::uint8_t>& image) const {
  if (image.size() != description_.input_shape.size()) {
    throw InputError(fmt::format("network {}: an image has {} values, expected {}", description_.name, image.size(),
                                 description_.input_shape.size()));
  }
  std::vector<Activations> outputs;
  outputs.reserve(description_.layers.size());  // inputs point into it
  for (const Layer& layer : description_.layers) {
    std::vector<const Activations*> inputs;
    for (const int i : layer.inputs)
      inputs.push_back(i == kNetworkInput ? &image : &outputs[static_cast<std::size_t>(i)]);
    LayerRun layer_run(description_, layer, std::move(inputs), weights_[outputs.size()]);
    std::visit([&](const auto& operation) { layer_run(operation); }, layer.operation);
    outputs.push_back(layer_run.take_output());
  }
  return outputs;
}

std::vector<std::uint8_t> IntegerReference::output(const std::vector<std::uint8_t>& image) const {
  return run(image).back();
}

}  // namespace reprise
