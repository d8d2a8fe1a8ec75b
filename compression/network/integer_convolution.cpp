#include "compression/network/integer_convolution.h"

#include <algorithm>
#include <array>

#include "compression/network/integer_reference.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

constexpr std::size_t kLanes = 64;   ///< windows side by side
constexpr std::size_t kNarrow = 24;  ///< fewer windows are not worth lanes
constexpr std::size_t kVector = 32;  ///< rows of weights are filled up to whole vectors
/// So many products of |x - z_in| <= 255 and |w| <= 128 stay below 2^24: their sums are exact in float.
constexpr std::size_t kExactRows = 512;
static_assert(kExactRows * 255 * 128 < (1U << 24U));

std::size_t size(int value) {
  return static_cast<std::size_t>(value);
}

std::size_t whole_vectors(std::size_t rows) {
  return (rows + kVector - 1) / kVector * kVector;
}

/// Some windows in the order of outputs, [im2col row][lane]; lanes from `count` on hold anything.
struct Columns {
  std::size_t first = 0;  ///< window
  std::size_t count = 0;
  std::vector<std::int16_t> values;
};

/// One im2col row of the windows at work; aligned, so that no load crosses a line of the cache.
struct alignas(64) LaneRow {
  float values[kLanes];
};

/// A convolution's input as x - z_in, with zeros around it as far as any window reaches.
class PaddedInput {
 public:
  PaddedInput(const SlidingWindow& window, const ConvolutionShape& shape, const std::vector<std::uint8_t>& input)
      : window_(window),
        width_out_(shape.out.width),
        height_(std::max(
            window.pad_top + shape.in.height,
            (shape.out.height - 1) * window.stride_height + (window.kernel_height - 1) * window.dilation_height + 1)),
        width_(std::max(window.pad_left + shape.in.width, (shape.out.width - 1) * window.stride_width +
                                                              (window.kernel_width - 1) * window.dilation_width + 1)),
        values_(size(shape.in.channels) * size(height_) * size(width_)) {
    auto from = input.begin();
    for (int channel = 0; channel < shape.in.channels; ++channel) {
      for (int y = 0; y < shape.in.height; ++y) {
        std::int16_t* to = &values_[place(channel, y + window.pad_top, window.pad_left)];
        for (int x = 0; x < shape.in.width; ++x) to[x] = static_cast<std::int16_t>(*from++ - shape.in_zero_point);
      }
    }
  }

  /// The inputs of columns.count windows from columns.first on, in `channels` channels.
  void unfold(int first_channel, int channels, Columns& columns) const {
    std::int16_t* to = columns.values.data();
    for (int channel = first_channel; channel < first_channel + channels; ++channel) {
      for (int ky = 0; ky < window_.kernel_height; ++ky) {
        for (int kx = 0; kx < window_.kernel_width; ++kx, to += kLanes) unfold_row(channel, ky, kx, columns, to);
      }
    }
  }

 private:
  std::size_t place(int channel, int y, int x) const {
    return (size(channel) * size(height_) + size(y)) * size(width_) + size(x);
  }

  void unfold_row(int channel, int ky, int kx, const Columns& columns, std::int16_t* to) const {
    int y = static_cast<int>(columns.first) / width_out_;
    int x = static_cast<int>(columns.first) % width_out_;
    for (int left = static_cast<int>(columns.count); left > 0; x = 0, ++y) {
      const int here = std::min(left, width_out_ - x);
      const std::int16_t* from = &values_[place(channel, y * window_.stride_height + ky * window_.dilation_height,
                                                x * window_.stride_width + kx * window_.dilation_width)];
      for (std::ptrdiff_t i = 0; i < here; ++i) to[i] = from[i * window_.stride_width];
      to += here;
      left -= here;
    }
  }

  const SlidingWindow& window_;
  int width_out_;
  int height_;
  int width_;
  std::vector<std::int16_t> values_;
};

/// InputFilter, on one block of im2col rows whose zero point is 0: [row][lane].
REPRISE_VECTOR_CLONES void filter_block(const InputFilter& filter, std::int16_t* begin, std::int16_t* end) {
  std::array<std::int32_t, kLanes> sums{};
  std::array<std::int16_t, kLanes> largest{};
  for (const std::int16_t* line = begin; line != end; line += kLanes) {
    for (std::size_t x = 0; x < kLanes; ++x) sums[x] += line[x];
  }
  for (const std::int16_t* line = begin; line != end; line += kLanes) {
    for (std::size_t x = 0; x < kLanes; ++x) largest[x] = line[x] > largest[x] ? line[x] : largest[x];
  }
  std::array<std::int16_t, kLanes> masks{};
  masks.fill(-1);  // the planes that remain reach up to the largest value
  for (int plane = filter.planes; plane < 8; ++plane) {
    for (std::size_t x = 0; x < kLanes; ++x) {
      masks[x] = static_cast<std::int16_t>(largest[x] >> plane != 0 ? masks[x] * 2 : masks[x]);
    }
  }
  for (std::size_t x = 0; x < kLanes; ++x) masks[x] = sums[x] < filter.least_sum ? std::int16_t{0} : masks[x];
  for (std::int16_t* line = begin; line != end; line += kLanes) {
    for (std::size_t x = 0; x < kLanes; ++x) line[x] = static_cast<std::int16_t>(line[x] & masks[x]);
  }
}

void apply(const InputFilter& filter, Columns& columns) {
  const std::size_t block = size(filter.block_rows) * kLanes;
  std::int16_t* const end = columns.values.data() + columns.values.size();
  for (std::int16_t* first = columns.values.data(); first < end; first += block) {
    filter_block(filter, first, std::min(first + block, end));
  }
}

REPRISE_VECTOR_CLONES void widen(const std::int16_t* from, std::size_t rows, LaneRow* to) {
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t x = 0; x < kLanes; ++x) to[row].values[x] = from[row * kLanes + x];
  }
}

/// sums[output][lane] += the products of some rows of two outputs, which share the loads of what they are made of.
REPRISE_VECTOR_CLONES void add_products(const std::int16_t* first_weights, const std::int16_t* second_weights,
                                        std::size_t rows, const LaneRow* columns, std::int32_t* sums) {
  std::array<float, kLanes> first{};
  std::array<float, kLanes> second{};
  for (std::size_t row = 0; row < rows; ++row) {
    const float first_weight = first_weights[row];
    const float second_weight = second_weights[row];
    for (std::size_t x = 0; x < kLanes; ++x) first[x] += first_weight * columns[row].values[x];
    for (std::size_t x = 0; x < kLanes; ++x) second[x] += second_weight * columns[row].values[x];
  }
  for (std::size_t x = 0; x < kLanes; ++x) sums[x] += static_cast<std::int32_t>(first[x]);
  for (std::size_t x = 0; x < kLanes; ++x) sums[kLanes + x] += static_cast<std::int32_t>(second[x]);
}

REPRISE_VECTOR_CLONES std::int32_t dot_product(const std::int16_t* weights, const std::int16_t* values,
                                               std::size_t rows) {
  std::int32_t sum = 0;
  for (std::size_t row = 0; row < rows; ++row) sum += std::int32_t{weights[row]} * std::int32_t{values[row]};
  return sum;
}

/// Sums of each output and lane, [output][lane].
class Sums {
 public:
  Sums(std::size_t outputs, std::size_t rows)
      : outputs_(outputs),
        rows_(rows),
        row_length_(whole_vectors(rows)),
        values_((outputs + outputs % 2) * kLanes),
        floats_(rows),
        window_(row_length_) {}

  void multiply(const std::int16_t* weights, const Columns& columns) {
    if (columns.count < kNarrow) {
      multiply_windows(weights, columns);
    } else {
      multiply_lanes(weights, columns);
    }
  }

  const std::int32_t* of(std::size_t output) const { return &values_[output * kLanes]; }

 private:
  void multiply_lanes(const std::int16_t* weights, const Columns& columns) {
    widen(columns.values.data(), rows_, floats_.data());
    std::fill(values_.begin(), values_.end(), 0);
    for (std::size_t row = 0; row < rows_; row += kExactRows) {
      const std::size_t rows = std::min(kExactRows, rows_ - row);
      for (std::size_t output = 0; output < outputs_; output += 2) {
        const std::size_t second = std::min(output + 1, outputs_ - 1);
        add_products(weights + output * row_length_ + row, weights + second * row_length_ + row, rows, &floats_[row],
                     &values_[output * kLanes]);
      }
    }
  }

  void multiply_windows(const std::int16_t* weights, const Columns& columns) {
    for (std::size_t x = 0; x < columns.count; ++x) {
      for (std::size_t row = 0; row < rows_; ++row) window_[row] = columns.values[row * kLanes + x];
      for (std::size_t output = 0; output < outputs_; ++output) {
        values_[output * kLanes + x] = dot_product(weights + output * row_length_, window_.data(), row_length_);
      }
    }
  }

  std::size_t outputs_;
  std::size_t rows_;
  std::size_t row_length_;
  std::vector<std::int32_t> values_;  ///< of an even number of outputs
  std::vector<LaneRow> floats_;
  std::vector<std::int16_t> window_;  ///< filled up with zeros
};

/// From a sum without its bias to what is stored, of one channel.
struct Requantisation {
  std::int32_t bias;
  FixedPoint factor;
  FixedPoint negative;
  int zero_point;
  int low;
  int high;
};

/// @param leaky  negative sums have a factor of their own
REPRISE_VECTOR_CLONES void requantise(const Requantisation& by, bool leaky, const std::int32_t* sums, std::size_t count,
                                      std::uint8_t* to) {
  const auto store = [&](std::int64_t scaled, std::size_t x) {
    to[x] = static_cast<std::uint8_t>(std::clamp<std::int64_t>(by.zero_point + scaled, by.low, by.high));
  };
  for (std::size_t x = 0; !leaky && x < count; ++x) store(scale(by.bias + sums[x], by.factor), x);
  for (std::size_t x = 0; leaky && x < count; ++x) {
    const std::int32_t sum = by.bias + sums[x];
    store(sum < 0 ? scale(sum, by.negative) : scale(sum, by.factor), x);
  }
}

Requantisation requantisation_of(const ConvolutionLayer& convolution, const ConvolutionShape& shape,
                                 std::size_t channel) {
  const auto& negative =
      convolution.negative_requantisation.empty() ? convolution.requantisation : convolution.negative_requantisation;
  return {convolution.bias[channel], convolution.requantisation[channel],
          negative[channel],         shape.out_zero_point,
          shape.clamp_low,           shape.clamp_high};
}

}  // namespace

std::vector<std::int16_t> widened_weights(const std::vector<std::int8_t>& weights, std::size_t outputs) {
  const std::size_t rows = weights.size() / outputs;
  const std::size_t length = whole_vectors(rows);
  std::vector<std::int16_t> widened(outputs * length);
  for (std::size_t i = 0; i < weights.size(); ++i) widened[i / rows * length + i % rows] = std::int16_t{weights[i]};
  return widened;
}

std::vector<std::uint8_t> convolve(const ConvolutionLayer& convolution, const ConvolutionShape& shape,
                                   const std::vector<std::uint8_t>& input, const std::vector<std::int16_t>& weights) {
  const int in_channels = shape.in.channels / convolution.groups;
  const std::size_t outputs = size(shape.out.channels / convolution.groups);
  const std::size_t rows = size(in_channels) * size(convolution.window.area());
  const std::size_t pixels = shape.out.pixels();
  const PaddedInput padded(convolution.window, shape, input);
  Columns columns;
  columns.values.resize(rows * kLanes);
  Sums sums(outputs, rows);
  const bool leaky = !convolution.negative_requantisation.empty();
  std::vector<std::uint8_t> result(shape.out.size());
  for (int group = 0; group < convolution.groups; ++group) {
    const std::size_t first_output = size(group) * outputs;
    for (columns.first = 0; columns.first < pixels; columns.first += kLanes) {
      columns.count = std::min(kLanes, pixels - columns.first);
      padded.unfold(group * in_channels, in_channels, columns);
      if (convolution.filter) apply(*convolution.filter, columns);
      sums.multiply(&weights[first_output * whole_vectors(rows)], columns);
      for (std::size_t output = 0; output < outputs; ++output) {
        requantise(requantisation_of(convolution, shape, first_output + output), leaky, sums.of(output), columns.count,
                   &result[(first_output + output) * pixels + columns.first]);
      }
    }
  }
  return result;
}

}  // namespace reprise
