#include "compression/image/network_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "compression/image/require.h"

namespace reprise {
namespace {

constexpr int kMaximumDimension = 1 << 24;
constexpr int kMaximumWindow = 1 << 16;
constexpr std::int64_t kMaximumElements = std::numeric_limits<std::int32_t>::max();
constexpr int kMaximumBlock = 1 << 16;
constexpr int kMaximumSum = (1 << 24) - 1;
constexpr std::int64_t kMaximumOffset = std::int64_t{1} << 60;  // leaves room for the other addends in 64 bits

std::string text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

void check_shape(const Shape& shape) {
  for (const int dimension : {shape.channels, shape.height, shape.width}) {
    require(dimension >= 1 && dimension <= kMaximumDimension, "shape {} has a dimension outside 1..{}", text(shape),
            kMaximumDimension);
  }
  const std::int64_t elements = std::int64_t{shape.height} * shape.width;
  require(elements <= kMaximumElements / shape.channels, "shape {} is too large", text(shape));
}

void check_quantisation(const Quantisation& quantisation) {
  require(std::isfinite(quantisation.scale) && quantisation.scale > 0, "scale {} is not a positive number",
          quantisation.scale);
  require(quantisation.zero_point >= 0 && quantisation.zero_point <= 255, "zero point {} is outside 0..255",
          quantisation.zero_point);
}

void check_shift(int shift) {
  require(shift >= 1 && shift <= 62, "shift {} is outside 1..62", shift);
}

void check_factors(const std::vector<FixedPoint>& factors) {
  for (const FixedPoint& factor : factors) {
    check_shift(factor.shift);
    require(factor.multiplier != std::numeric_limits<std::int32_t>::min(), "multiplier {} is outside +-(2^31 - 1)",
            factor.multiplier);
  }
}

void check_count(std::size_t count, int expected, const char* what) {
  require(count == static_cast<std::size_t>(expected), "{} {}, expected {}", count, what, expected);
}

/// One direction of a sliding window over an input of `size` positions, placed `outputs` times.
struct Axis {
  int size, kernel, stride, dilation, pad_before, pad_after, outputs;

  std::int64_t whole_outputs() const {
    const std::int64_t room = room_to_slide();
    return room < 0 ? 0 : room / stride + 1;
  }
  /// The last window may stick out at the end where the rest is less than a stride (ONNX: ceil_mode).
  bool may_stick_out() const {
    const std::int64_t room = room_to_slide();
    return room >= 0 && room % stride != 0;
  }
  /// Positions of window `i` inside the input, or inside its padding too.
  int positions(int i, bool with_padding) const {
    const std::int64_t low = with_padding ? -std::int64_t{pad_before} : 0;
    const std::int64_t high = std::int64_t{size} + (with_padding ? pad_after : 0);
    int count = 0;
    for (int k = 0; k < kernel; ++k) {
      const std::int64_t position = std::int64_t{i} * stride - pad_before + std::int64_t{k} * dilation;
      if (position >= low && position < high) ++count;
    }
    return count;
  }
  /// The least and most positions of any of the windows.
  std::pair<int, int> positions_range(bool with_padding) const {
    std::pair<int, int> range{kernel, 0};
    for (int i = 0; i < outputs; ++i) {
      const int count = positions(i, with_padding);
      range = {std::min(range.first, count), std::max(range.second, count)};
    }
    return range;
  }

 private:
  std::int64_t room_to_slide() const {
    return std::int64_t{size} + pad_before + pad_after - (std::int64_t{kernel} - 1) * dilation - 1;
  }
};

Axis vertical(const SlidingWindow& w, const Shape& input, const Shape& output) {
  return {input.height, w.kernel_height, w.stride_height, w.dilation_height, w.pad_top, w.pad_bottom, output.height};
}
Axis horizontal(const SlidingWindow& w, const Shape& input, const Shape& output) {
  return {input.width, w.kernel_width, w.stride_width, w.dilation_width, w.pad_left, w.pad_right, output.width};
}

/// Checks one layer whose inputs are known to exist; for std::visit over its operation.
class LayerCheck {
 public:
  LayerCheck(const NetworkDescription& network, const Layer& layer)
      : network_(network), layer_(layer), shape_(layer.shape), input_(network.shape_of(layer.inputs.front())) {}

  void operator()(const ConvolutionLayer& convolution) const {
    single_input();
    window_shape(convolution.window, false);
    require(convolution.groups >= 1 && input_.channels % convolution.groups == 0 &&
                shape_.channels % convolution.groups == 0,
            "{} groups do not divide {} input and {} output channels", convolution.groups, input_.channels,
            shape_.channels);
    const std::int64_t weights_an_output =
        std::int64_t{input_.channels} / convolution.groups * convolution.window.area();
    require(weights_an_output <= kMaximumElements / shape_.channels, "it has too many weights");
    check_count(convolution.bias.size(), shape_.channels, "biases");
    check_count(convolution.requantisation.size(), shape_.channels, "requantisation factors");
    check_factors(convolution.requantisation);
    if (convolution.filter) {
      check_filter(*convolution.filter, network_.quantisation_of(layer_.inputs.front()).zero_point);
    }
    if (convolution.negative_requantisation.empty()) return;
    check_count(convolution.negative_requantisation.size(), shape_.channels, "requantisation factors below zero");
    check_factors(convolution.negative_requantisation);
  }

  void operator()(const MaxPoolLayer& pool) const {
    pooling(pool.window);
    keeps_values();
  }

  void operator()(const AveragePoolLayer& pool) const {
    pooling(pool.window);
    const int most = vertical(pool.window, input_, shape_).positions_range(pool.count_padding).second *
                     horizontal(pool.window, input_, shape_).positions_range(pool.count_padding).second;
    const std::size_t factors = pool.requantisation.size();
    require(factors >= static_cast<std::size_t>(most) && factors <= static_cast<std::size_t>(pool.window.area()),
            "{} requantisation factors, expected {}, the most positions that count in a window", factors, most);
    check_factors(pool.requantisation);
  }

  void operator()(const ElementwiseLayer& elementwise) const {
    for (const int input : layer_.inputs) same_shape(network_.shape_of(input));
    check_count(elementwise.multipliers.size(), static_cast<int>(layer_.inputs.size()), "sets of multipliers");
    for (const auto& multipliers : elementwise.multipliers) {
      check_count(multipliers.size(), shape_.channels, "multipliers of an input");
    }
    check_count(elementwise.offset.size(), shape_.channels, "offsets");
    for (const std::int64_t offset : elementwise.offset) {
      require(offset >= -kMaximumOffset && offset <= kMaximumOffset, "offset {} is outside +-2^60", offset);
    }
    check_shift(elementwise.shift);
  }

  void operator()(const ConcatLayer& concat) const {
    std::int64_t channels = 0;
    for (const int index : layer_.inputs) {
      const Shape& input = network_.shape_of(index);
      require(input.height == shape_.height && input.width == shape_.width,
              "an input of shape {} does not fit the output {}", text(input), text(shape_));
      channels += input.channels;
    }
    require(channels == shape_.channels, "its inputs have {} channels, its output {}", channels, shape_.channels);
    check_count(concat.requantisation.size(), static_cast<int>(layer_.inputs.size()), "requantisation factors");
    check_factors(concat.requantisation);
  }

  void operator()(const LookupLayer&) const {
    single_input();
    same_shape(input_);
    no_clamp();
  }

  void operator()(const SliceLayer& slice) const {
    single_input();
    keeps_values();
    for (std::size_t i = 0; i < 3; ++i) {
      const int size = dimensions(input_)[i];
      require(slice.start[i] >= 0 && slice.step[i] >= 1 &&
                  slice.start[i] + std::int64_t{slice.step[i]} * (dimensions(shape_)[i] - 1) < size,
              "the slice from {} in steps of {} to shape {} leaves its input {}", slice.start[i], slice.step[i],
              text(shape_), text(input_));
    }
  }

  void operator()(const PadLayer& pad) const {
    single_input();
    keeps_values();
    for (std::size_t i = 0; i < 3; ++i) {
      require(pad.before[i] >= 0 && std::int64_t{pad.before[i]} + dimensions(input_)[i] <= dimensions(shape_)[i],
              "the input {} shifted by {} leaves the output {}", text(input_), pad.before[i], text(shape_));
    }
  }

  void operator()(const ReshapeLayer&) const {
    single_input();
    keeps_values();
    require(input_.size() == shape_.size(), "shape {} has not as many values as its input {}", text(shape_),
            text(input_));
  }

 private:
  static std::array<int, 3> dimensions(const Shape& shape) { return {shape.channels, shape.height, shape.width}; }

  void single_input() const { check_count(layer_.inputs.size(), 1, "inputs"); }

  void same_shape(const Shape& input) const {
    require(input == shape_, "shape {} differs from that of its input, {}", text(shape_), text(input));
  }

  void no_clamp() const {
    require(layer_.clamp_low == 0 && layer_.clamp_high == 255, "a layer of this kind has no clamp, found {}..{}",
            layer_.clamp_low, layer_.clamp_high);
  }

  void keeps_values() const {
    no_clamp();
    const Quantisation& input = network_.quantisation_of(layer_.inputs.front());
    require(input.scale == layer_.quantisation.scale && input.zero_point == layer_.quantisation.zero_point,
            "scale {} and zero point {} differ from the input's, {} and {}", layer_.quantisation.scale,
            layer_.quantisation.zero_point, input.scale, input.zero_point);
  }

  void window_shape(const SlidingWindow& w, bool may_stick_out) const {
    for (const int value : {w.kernel_height, w.kernel_width, w.stride_height, w.stride_width, w.dilation_height,
                            w.dilation_width, w.pad_top + 1, w.pad_left + 1, w.pad_bottom + 1, w.pad_right + 1}) {
      require(value >= 1 && value <= kMaximumWindow, "a kernel size, stride, dilation or padding is out of range");
    }
    const auto fits = [&](const Axis& axis) {
      const std::int64_t whole = axis.whole_outputs();
      return axis.outputs == whole || (may_stick_out && axis.may_stick_out() && axis.outputs == whole + 1);
    };
    const Axis rows = vertical(w, input_, shape_);
    const Axis columns = horizontal(w, input_, shape_);
    const std::int64_t height = rows.whole_outputs();
    const std::int64_t width = columns.whole_outputs();
    require(fits(rows) && fits(columns), "shape {}, but its window gives height {} and width {}", text(shape_), height,
            width);
    require(std::int64_t{w.kernel_height} * w.kernel_width <= kMaximumElements, "its kernel is too large");
  }

  void pooling(const SlidingWindow& window) const {
    single_input();
    window_shape(window, true);
    require(shape_.channels == input_.channels, "{} channels, expected those of its input, {}", shape_.channels,
            input_.channels);
    require(vertical(window, input_, shape_).positions_range(false).first > 0 &&
                horizontal(window, input_, shape_).positions_range(false).first > 0,
            "a window lies wholly in the padding");
  }

  const NetworkDescription& network_;
  const Layer& layer_;
  const Shape& shape_;
  const Shape& input_;
};

void check_inputs(const Layer& layer, std::size_t index) {
  require(!layer.inputs.empty(), "it has no inputs");
  for (const int input : layer.inputs) {
    require(input >= kNetworkInput && input < static_cast<int>(index), "input {} is not an earlier layer", input);
  }
}

void check_layer(const NetworkDescription& network, std::size_t index) {
  const Layer& layer = network.layers[index];
  check_inputs(layer, index);
  check_shape(layer.shape);
  check_quantisation(layer.quantisation);
  require(0 <= layer.clamp_low && layer.clamp_low <= layer.clamp_high && layer.clamp_high <= 255,
          "clamp {}..{} is not a range within 0..255", layer.clamp_low, layer.clamp_high);
  std::visit(LayerCheck(network, layer), layer.operation);
}

void check_preprocessing(const Preprocessing& preprocessing, const Shape& input) {
  require(std::isfinite(preprocessing.scale) && preprocessing.scale > 0, "scale {} is not a positive number",
          preprocessing.scale);
  for (const auto* values : {&preprocessing.mean, &preprocessing.standard_deviation}) {
    require(values->size() == 1 || values->size() == static_cast<std::size_t>(input.channels),
            "{} means or standard deviations, expected 1 or {}", values->size(), input.channels);
    require(std::all_of(values->begin(), values->end(), [](double value) { return std::isfinite(value); }),
            "a mean or standard deviation is not a number");
  }
  const auto& deviations = preprocessing.standard_deviation;
  require(std::all_of(deviations.begin(), deviations.end(), [](double value) { return value > 0; }),
          "a standard deviation is not positive");
}

}  // namespace

void check_filter(const InputFilter& filter, int zero_point) {
  require(zero_point == 0, "its input has the zero point {}, but an input filter needs 0", zero_point);
  require(filter.block_rows >= 1 && filter.block_rows <= kMaximumBlock,
          "its input filter has blocks of {} rows, expected 1..{}", filter.block_rows, kMaximumBlock);
  require(filter.least_sum >= 0 && filter.least_sum <= kMaximumSum,
          "its input filter has the least sum {}, expected 0..{}", filter.least_sum, kMaximumSum);
  require(filter.planes >= 1 && filter.planes <= 8, "its input filter keeps {} bit planes, expected 1..8",
          filter.planes);
}

void check_network(const NetworkDescription& network) {
  in_context("network input", [&] {
    check_shape(network.input_shape);
    check_quantisation(network.input_quantisation);
  });
  in_context("preprocessing", [&] { check_preprocessing(network.preprocessing, network.input_shape); });
  require(!network.layers.empty(), "the network has no layers");
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const std::string& name = network.layers[i].name;
    in_context(fmt::format("layer {} '{}'", i, name), [&] {
      require(!name.empty() && names.insert(name).second, "its name is empty or not unique");
      check_layer(network, i);
    });
  }
}

}  // namespace reprise
