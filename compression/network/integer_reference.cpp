#include "compression/network/integer_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>
#include <variant>

#include "compression/image/network_check.h"
#include "compression/image/require.h"
#include "compression/network/integer_convolution.h"
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

/// sums[x] += multiplier * (values[x] - zero)
REPRISE_VECTOR_CLONES void add_multiples(std::int64_t multiplier, int zero, const std::uint8_t* values,
                                         std::vector<std::int64_t>& sums) {
  std::int64_t* const to = sums.data();
  const std::size_t count = sums.size();
  for (std::size_t x = 0; x < count; ++x) to[x] += multiplier * (values[x] - zero);
}

/// values[x] = zero + (sums[x] >> shift), within low..high
REPRISE_VECTOR_CLONES void store_shifted(const std::vector<std::int64_t>& sums, int shift, const Layer& layer,
                                         std::uint8_t* values) {
  const std::int64_t zero = layer.quantisation.zero_point;
  const std::int64_t low = layer.clamp_low;
  const std::int64_t high = layer.clamp_high;
  const std::int64_t* const from = sums.data();
  const std::size_t count = sums.size();
  for (std::size_t x = 0; x < count; ++x) {
    values[x] = static_cast<std::uint8_t>(std::clamp<std::int64_t>(zero + (from[x] >> shift), low, high));
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
    output_ =
        convolve(convolution, {in_, zero_, shape_, layer_.quantisation.zero_point, layer_.clamp_low, layer_.clamp_high},
                 input(), weights_);
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
    std::vector<std::int64_t> sums(shape_.pixels());
    for (std::size_t position = 0, channel = 0; position < output_.size(); position += sums.size(), ++channel) {
      std::fill(sums.begin(), sums.end(), elementwise.offset[channel] + half);
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        add_multiples(elementwise.multipliers[i][channel], zero_of(i), inputs_[i]->data() + position, sums);
      }
      store_shifted(sums, elementwise.shift, layer_, output_.data() + position);
    }
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
        widened_weights(network.weights[layer], static_cast<std::size_t>(description_.layers[layer].shape.channels)));
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
