#include "tlm/vector_unit.h"

#include <algorithm>

#include "support/vector_clones.h"
#include "tlm/machine_config.h"

namespace reprise {
namespace {

std::size_t size(int value) {
  return static_cast<std::size_t>(value);
}

std::int64_t shift_rounded(std::int64_t value, int shift) {
  return (value + (std::int64_t{1} << (shift - 1))) >> shift;
}

std::int64_t scaled(std::int64_t value, const FixedPoint& factor) {
  return shift_rounded(value * factor.multiplier, factor.shift);
}

/// Calls visit(row, column) for every position of the window at (y, x) that lies in the input.
template <class Visit>
void for_window(const SlidingWindow& w, const Shape& input, int y, int x, const Visit& visit) {
  for (int ky = 0; ky < w.kernel_height; ++ky) {
    const int row = y * w.stride_height - w.pad_top + ky * w.dilation_height;
    if (row < 0 || row >= input.height) continue;
    for (int kx = 0; kx < w.kernel_width; ++kx) {
      const int column = x * w.stride_width - w.pad_left + kx * w.dilation_width;
      if (column >= 0 && column < input.width) visit(row, column);
    }
  }
}

/// Positions of one axis of the window that lie in the input and its declared padding.
int padded_taps(int position, int stride, int taps, int dilation, int before, int size, int after) {
  int count = 0;
  for (int k = 0; k < taps; ++k) {
    const int place = position * stride - before + k * dilation;
    if (place < size + after) ++count;  // never before the padding
  }
  return count;
}

/// sums[c] += multiplier[c] * (x[c] - zero).
REPRISE_VECTOR_CLONES void add_products(const std::uint8_t* x, int zero, const std::int32_t* multiplier,
                                        std::vector<std::int64_t>& sums) {
  std::int64_t* const sum = sums.data();
  const std::size_t channels = sums.size();
  for (std::size_t c = 0; c < channels; ++c) sum[c] += std::int64_t{multiplier[c]} * (x[c] - zero);
}

REPRISE_VECTOR_CLONES void store_shifted(const std::vector<std::int64_t>& sums, int shift, const Layer& layer,
                                         std::uint8_t* output) {
  const std::int64_t zero = layer.quantisation.zero_point;
  const std::int64_t low = layer.clamp_low;
  const std::int64_t high = layer.clamp_high;
  const std::int64_t* const sum = sums.data();
  const std::size_t channels = sums.size();
  for (std::size_t c = 0; c < channels; ++c) {
    output[c] = static_cast<std::uint8_t>(std::min(std::max(shift_rounded(sum[c], shift) + zero, low), high));
  }
}

}  // namespace

VectorUnit::VectorUnit(const NetworkDescription& network, int layer) : layer_(network.layers.at(size(layer))) {
  for (int input : layer_.inputs) {
    inputs_.push_back(network.shape_of(input));
    zero_points_.push_back(network.quantisation_of(input).zero_point);
  }
  std::uint64_t taps = 1;
  if (const auto* max = std::get_if<MaxPoolLayer>(&layer_.operation)) taps = size(max->window.area());
  if (const auto* average = std::get_if<AveragePoolLayer>(&layer_.operation)) taps = size(average->window.area());
  if (std::holds_alternative<ElementwiseLayer>(layer_.operation)) taps = layer_.inputs.size();
  operations_ = size(layer_.shape.channels) * taps;
}

Cycle VectorUnit::window_cycles(int lanes) const {
  return std::max<Cycle>(1, ceil_divide(operations_, static_cast<Cycle>(lanes)));
}

std::uint8_t VectorUnit::store(std::int64_t value) const {
  return static_cast<std::uint8_t>(
      std::clamp<std::int64_t>(value + layer_.quantisation.zero_point, layer_.clamp_low, layer_.clamp_high));
}

void VectorUnit::make_row(int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const {
  std::visit([&](const auto& operation) { make(operation, y, inputs, output); }, layer_.operation);
}

void VectorUnit::make(const MaxPoolLayer& pool, int y, const std::vector<InputRows>& inputs,
                      std::uint8_t* output) const {
  const std::size_t channels = size(layer_.shape.channels);
  for (int x = 0; x < layer_.shape.width; ++x, output += channels) {
    std::fill_n(output, channels, std::uint8_t{0});
    for_window(pool.window, inputs_[0], y, x, [&](int row, int column) {
      const std::uint8_t* pixel = inputs[0][size(row)] + size(column) * channels;
      for (std::size_t c = 0; c < channels; ++c) output[c] = std::max(output[c], pixel[c]);
    });
  }
}

void VectorUnit::make(const AveragePoolLayer& pool, int y, const std::vector<InputRows>& inputs,
                      std::uint8_t* output) const {
  const SlidingWindow& w = pool.window;
  const std::size_t channels = size(layer_.shape.channels);
  std::vector<std::int64_t> sums(channels);
  for (int x = 0; x < layer_.shape.width; ++x, output += channels) {
    std::fill(sums.begin(), sums.end(), 0);
    int count = 0;
    for_window(w, inputs_[0], y, x, [&](int row, int column) {
      const std::uint8_t* pixel = inputs[0][size(row)] + size(column) * channels;
      for (std::size_t c = 0; c < channels; ++c) sums[c] += pixel[c] - zero_points_[0];
      ++count;
    });
    if (pool.count_padding) {
      count =
          padded_taps(y, w.stride_height, w.kernel_height, w.dilation_height, w.pad_top, inputs_[0].height,
                      w.pad_bottom) *
          padded_taps(x, w.stride_width, w.kernel_width, w.dilation_width, w.pad_left, inputs_[0].width, w.pad_right);
    }
    for (std::size_t c = 0; c < channels; ++c) {
      output[c] = store(count == 0 ? 0 : scaled(sums[c], pool.requantisation[size(count - 1)]));
    }
  }
}

void VectorUnit::make(const ElementwiseLayer& add, int y, const std::vector<InputRows>& inputs,
                      std::uint8_t* output) const {
  const std::size_t channels = size(layer_.shape.channels);
  std::vector<std::int64_t> sums(channels);
  for (std::size_t first = 0; first < size(layer_.shape.width) * channels; first += channels) {
    std::copy(add.offset.begin(), add.offset.end(), sums.begin());
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      add_products(inputs[k][size(y)] + first, zero_points_[k], add.multipliers[k].data(), sums);
    }
    store_shifted(sums, add.shift, layer_, output + first);
  }
}

void VectorUnit::make(const ConcatLayer& concat, int y, const std::vector<InputRows>& inputs,
                      std::uint8_t* output) const {
  for (std::size_t x = 0; x < size(layer_.shape.width); ++x) {
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::size_t channels = size(inputs_[k].channels);
      const std::uint8_t* pixel = inputs[k][size(y)] + x * channels;
      for (std::size_t c = 0; c < channels; ++c) {
        *output++ = store(scaled(pixel[c] - zero_points_[k], concat.requantisation[k]));
      }
    }
  }
}

void VectorUnit::make(const LookupLayer& lookup, int y, const std::vector<InputRows>& inputs,
                      std::uint8_t* output) const {
  const std::uint8_t* row = inputs[0][size(y)];
  const std::size_t count = size(layer_.shape.width) * size(layer_.shape.channels);
  std::transform(row, row + count, output, [&](std::uint8_t value) { return lookup.table[value]; });
}

void VectorUnit::make(const SliceLayer& slice, int y, const std::vector<InputRows>& inputs,
                      std::uint8_t* output) const {
  const std::uint8_t* row = inputs[0][size(slice.start[1] + y * slice.step[1])];
  for (int x = 0; x < layer_.shape.width; ++x) {
    const std::uint8_t* pixel = row + size(slice.start[2] + x * slice.step[2]) * size(inputs_[0].channels);
    for (int c = 0; c < layer_.shape.channels; ++c) *output++ = pixel[slice.start[0] + c * slice.step[0]];
  }
}

void VectorUnit::make(const PadLayer& pad, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const {
  const Shape& input = inputs_[0];
  const int row = y - pad.before[1];
  for (int x = 0; x < layer_.shape.width; ++x) {
    const int column = x - pad.before[2];
    const bool inside = row >= 0 && row < input.height && column >= 0 && column < input.width;
    for (int c = 0; c < layer_.shape.channels; ++c) {
      const int channel = c - pad.before[0];
      const bool present = inside && channel >= 0 && channel < input.channels;
      *output++ = present ? inputs[0][size(row)][size(column) * size(input.channels) + size(channel)] : pad.value;
    }
  }
}

void VectorUnit::make(const ReshapeLayer&, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const {
  const Shape& input = inputs_[0];
  const Shape& shape = layer_.shape;
  for (int x = 0; x < shape.width; ++x) {
    for (int c = 0; c < shape.channels; ++c) {
      const std::size_t i = (size(c) * size(shape.height) + size(y)) * size(shape.width) + size(x);
      const std::size_t channel = i / input.pixels();
      const std::size_t row = i % input.pixels() / size(input.width);
      const std::size_t column = i % size(input.width);
      *output++ = inputs[0][row][column * size(input.channels) + channel];
    }
  }
}

}  // namespace reprise
