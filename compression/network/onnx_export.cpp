#include "compression/network/onnx_export.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "compression/image/network_check.h"
#include "compression/network/integer_reference.h"
#include "compression/network/onnx_writer.h"

namespace reprise {
namespace {

using Inputs = std::vector<std::string>;
using Attributes = std::vector<OnnxWriter::Attribute>;

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

double real(const FixedPoint& factor) {
  return std::ldexp(factor.multiplier, -factor.shift);
}

std::vector<float> floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

bool all_equal(const std::vector<double>& values, float value) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return static_cast<float>(v) == value; });
}

Attributes placed(const SlidingWindow& w) {
  return {{"kernel_shape", Dimensions{w.kernel_height, w.kernel_width}},
          {"strides", Dimensions{w.stride_height, w.stride_width}},
          {"dilations", Dimensions{w.dilation_height, w.dilation_width}},
          {"pads", Dimensions{w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}}};
}

Attributes with_groups(Attributes attributes, int groups) {
  attributes.push_back({"group", std::int64_t{groups}});
  return attributes;
}

/// With just the padding at the end that the last window needs: one of a pooling may stick out of the declared one.
SlidingWindow fitting(SlidingWindow w, const Shape& in, const Shape& out) {
  const int height = (out.height - 1) * w.stride_height + (w.kernel_height - 1) * w.dilation_height + 1;
  const int width = (out.width - 1) * w.stride_width + (w.kernel_width - 1) * w.dilation_width + 1;
  w.pad_bottom = std::max(0, height - w.pad_top - in.height);
  w.pad_right = std::max(0, width - w.pad_left - in.width);
  return w;
}

/// How many of a window's positions first, first + step, ... lie in low..high-1.
int positions(int first, int step, int count, int low, int high) {
  int inside = 0;
  for (int i = 0; i < count; ++i) inside += first + i * step >= low && first + i * step < high ? 1 : 0;
  return inside;
}

/// For each output position how many input positions count in the average.
std::vector<int> counted_positions(const AveragePoolLayer& pool, const Shape& in, const Shape& out) {
  const SlidingWindow& w = pool.window;
  const int padded = pool.count_padding ? 1 : 0;
  std::vector<int> counts;
  for (int y = 0; y < out.height; ++y) {
    const int rows = positions(y * w.stride_height - w.pad_top, w.dilation_height, w.kernel_height, -padded * w.pad_top,
                               in.height + padded * w.pad_bottom);
    for (int x = 0; x < out.width; ++x) {
      counts.push_back(rows * positions(x * w.stride_width - w.pad_left, w.dilation_width, w.kernel_width,
                                        -padded * w.pad_left, in.width + padded * w.pad_right));
    }
  }
  return counts;
}

/// Between real values and those stored.
class Quantiser {
 public:
  Quantiser(OnnxWriter& writer, const std::string& name, const Quantisation& q)
      : writer_(writer),
        scale_(writer.constant(name + "_scale", {}, floats({q.scale}))),
        zero_point_(writer.constant(name + "_zero_point", {},
                                    std::vector<std::uint8_t>{static_cast<std::uint8_t>(q.zero_point)})) {}

  std::string stored(const std::string& name, const std::string& tensor) {
    return writer_.node(name, "QuantizeLinear", {tensor, scale_, zero_point_});
  }
  std::string real(const std::string& name, const std::string& tensor) {
    return writer_.node(name, "DequantizeLinear", {tensor, scale_, zero_point_});
  }
  /// There and back.
  std::string rounded(const std::string& name, const std::string& tensor) {
    return real(name, stored(name + "_stored", tensor));
  }

 private:
  OnnxWriter& writer_;
  const std::string scale_;
  const std::string zero_point_;
};

/// The im2col rows of a convolution as InputFilter cuts them; the last block of each group is filled up with zeros.
struct Blocks {
  Blocks(const InputFilter& filter, int groups_, int rows_a_group)
      : groups(groups_),
        rows(rows_a_group),
        block_rows(std::min(filter.block_rows, rows)),
        count((rows - 1) / block_rows + 1) {}

  int filled_rows() const { return count * block_rows; }  ///< of a group

  int groups;
  int rows;  ///< of a group
  int block_rows;
  int count;  ///< of a group
};

/// Writes one layer; with std::visit, which returns its output. Tensors between layers are real values that each stand
/// for a stored one, so that kinds that only choose among values need no rounding.
class LayerExport {
 public:
  LayerExport(const QuantisedNetwork& network, std::size_t layer, Inputs inputs, OnnxWriter& writer)
      : description_(network.description),
        layer_(network.description.layers[layer]),
        weights_(network.weights[layer]),
        shape_(layer_.shape),
        in_(description_.shape_of(layer_.inputs.front())),
        out_(layer_.quantisation),
        inputs_(std::move(inputs)),
        writer_(writer) {}

  std::string operator()(const ConvolutionLayer& convolution) {
    const std::vector<double> steps = weight_steps(convolution);
    const int rows = in_.channels / convolution.groups * convolution.window.area();
    std::string sums;
    if (convolution.filter) {
      const Blocks blocks(*convolution.filter, convolution.groups, rows);
      const std::string filtered = filtered_rows(convolution, blocks);
      sums = node(
          "convolution", "Conv",
          {filtered, weights({blocks.filled_rows(), 1, 1}, filled_weights(blocks), steps), bias(convolution, steps)},
          with_groups({}, convolution.groups));
    } else {
      const SlidingWindow& w = convolution.window;
      const Dimensions kernel{in_.channels / convolution.groups, w.kernel_height, w.kernel_width};
      sums = node("convolution", "Conv", {inputs_[0], weights(kernel, weights_, steps), bias(convolution, steps)},
                  with_groups(placed(w), convolution.groups));
    }
    return clamped_and_rounded(rectified(convolution, steps, sums));
  }

  std::string operator()(const MaxPoolLayer& pool) {
    SlidingWindow w = fitting(pool.window, in_, shape_);
    if (std::max(w.pad_top, w.pad_bottom) < w.kernel_height && std::max(w.pad_left, w.pad_right) < w.kernel_width) {
      return node("max_pool", "MaxPool", {inputs_[0]}, placed(w));
    }
    // Only where dilated; onnxruntime takes no more. Every window touches the input, so that a value below all others
    // around it changes nothing. (Zeros there onnxruntime would make padding of the MaxPool again.)
    const std::string padded =
        pad("padded", inputs_[0], {0, w.pad_top, w.pad_left}, {0, w.pad_bottom, w.pad_right}, -1);
    w.pad_top = w.pad_left = w.pad_bottom = w.pad_right = 0;
    return node("max_pool", "MaxPool", {padded}, placed(w));
  }

  /// AveragePool knows no dilations in this opset, and takes its own count: sums by a convolution, then a factor for
  /// each position.
  std::string operator()(const AveragePoolLayer& pool) {
    const SlidingWindow w = fitting(pool.window, in_, shape_);
    const Dimensions kernel{in_.channels, 1, w.kernel_height, w.kernel_width};
    const std::vector<float> ones(index(in_.channels) * index(w.area()), 1.0F);
    const std::string sums =
        node("sum", "Conv", {inputs_[0], constant("ones", kernel, ones)}, with_groups(placed(w), in_.channels));
    std::vector<double> factors;
    for (const int count : counted_positions(pool, in_, shape_)) {
      factors.push_back(real(pool.requantisation[index(count - 1)]) * out_.scale / input_quantisation(0).scale);
    }
    return clamped_and_rounded(scaled("average", sums, {shape_.height, shape_.width}, factors));
  }

  std::string operator()(const ElementwiseLayer& elementwise) {
    const double unit = std::ldexp(out_.scale, -elementwise.shift);
    const Dimensions by_channel{shape_.channels, 1, 1};
    std::string sum;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      std::vector<double> factors;
      for (const std::int32_t multiplier : elementwise.multipliers[i]) {
        factors.push_back(multiplier * unit / input_quantisation(i).scale);
      }
      const std::string addend = scaled(numbered("scaled", i), inputs_[i], by_channel, factors);
      sum = i == 0 ? addend : node(numbered("sum", i), "Add", {sum, addend});
    }
    std::vector<double> offsets;
    for (const std::int64_t offset : elementwise.offset) offsets.push_back(static_cast<double>(offset) * unit);
    if (!all_equal(offsets, 0.0F)) {
      sum = node("with_offset", "Add", {sum, constant("offset", by_channel, floats(offsets))});
    }
    return clamped_and_rounded(sum);
  }

  std::string operator()(const ConcatLayer& concat) {
    Inputs parts;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const double factor = real(concat.requantisation[i]) * out_.scale / input_quantisation(i).scale;
      parts.push_back(scaled(numbered("scaled", i), inputs_[i], {}, {factor}));
    }
    return clamped_and_rounded(node("concat", "Concat", parts, {{"axis", std::int64_t{1}}}));
  }

  std::string operator()(const LookupLayer& lookup) {
    const std::string stored = quantiser("input", input_quantisation(0)).stored(name("input_stored"), inputs_[0]);
    const std::string positions = node("index", "Cast", {stored}, {{"to", onnx::TensorProto::INT32}});
    const std::vector<std::uint8_t> table(lookup.table.begin(), lookup.table.end());
    const std::string found = node("lookup", "Gather", {constant("table", {256}, table), positions});
    return quantiser("output", out_).real(name("output"), found);
  }

  std::string operator()(const SliceLayer& slice) {
    const std::array<int, 3> sizes{shape_.channels, shape_.height, shape_.width};
    Dimensions starts, ends, steps;
    for (std::size_t i = 0; i < 3; ++i) {
      starts.push_back(slice.start[i]);
      ends.push_back(slice.start[i] + std::int64_t{slice.step[i]} * (sizes[i] - 1) + 1);
      steps.push_back(slice.step[i]);
    }
    return node("slice", "Slice",
                {inputs_[0], integers("starts", starts), integers("ends", ends), integers("axes", {1, 2, 3}),
                 integers("steps", steps)});
  }

  std::string operator()(const PadLayer& layer) {
    const std::array<int, 3> after{shape_.channels - in_.channels - layer.before[0],
                                   shape_.height - in_.height - layer.before[1],
                                   shape_.width - in_.width - layer.before[2]};
    return pad("pad", inputs_[0], layer.before, after, layer.value);
  }

  std::string operator()(const ReshapeLayer&) {
    return reshape("reshape", inputs_[0], {-1, shape_.channels, shape_.height, shape_.width});
  }

 private:
  std::string name(const std::string& part) const { return layer_.name + '/' + part; }
  static std::string numbered(const char* part, std::size_t i) { return part + std::to_string(i); }
  std::string node(const std::string& part, const char* type, const Inputs& inputs, const Attributes& attributes = {}) {
    return writer_.node(name(part), type, inputs, attributes);
  }
  template <class T>
  std::string constant(const std::string& part, const Dimensions& dimensions, const std::vector<T>& values) {
    return writer_.constant(name(part), dimensions, values);
  }
  std::string integers(const std::string& part, const Dimensions& values) {
    return constant(part, {static_cast<std::int64_t>(values.size())}, values);
  }
  std::string number(const std::string& part, double value) { return constant(part, {}, floats({value})); }

  const Quantisation& input_quantisation(std::size_t i) const { return description_.quantisation_of(layer_.inputs[i]); }

  Quantiser quantiser(const std::string& part, const Quantisation& q) { return {writer_, name(part), q}; }

  std::string reshape(const std::string& part, const std::string& tensor, const Dimensions& dimensions) {
    return node(part, "Reshape", {tensor, integers(part + "_shape", dimensions)});
  }

  /// Channels, rows and columns before and after the tensor, of a value as stored.
  std::string pad(const std::string& part, const std::string& tensor, const std::array<int, 3>& before,
                  const std::array<int, 3>& after, int value) {
    const Dimensions pads{0, before[0], before[1], before[2], 0, after[0], after[1], after[2]};
    const Quantisation& q = input_quantisation(0);
    return node(part, "Pad",
                {tensor, integers(part + "_sizes", pads), number(part + "_value", q.scale * (value - q.zero_point))});
  }

  /// tensor x factors, unless these are all one.
  std::string scaled(const std::string& part, const std::string& tensor, const Dimensions& dimensions,
                     const std::vector<double>& factors) {
    if (all_equal(factors, 1.0F)) return tensor;
    return node(part, "Mul", {tensor, constant(part + "_factor", dimensions, floats(factors))});
  }

  std::string clamped_and_rounded(std::string tensor) {
    const auto bound = [&](int stored) { return out_.scale * (stored - out_.zero_point); };
    const bool whole = layer_.clamp_low == 0 && layer_.clamp_high == 255;
    if (!whole && layer_.clamp_low == out_.zero_point && layer_.clamp_high == 255) {
      tensor = node("relu", "Relu", {tensor});
    } else if (!whole) {
      tensor = node("clamp", "Clip",
                    {tensor, number("low", bound(layer_.clamp_low)), number("high", bound(layer_.clamp_high))});
    }
    return quantiser("output", out_).rounded(name("output"), tensor);
  }

  /// real weight / stored weight, positive. The network has only the factors from sums to stored outputs.
  std::vector<double> weight_steps(const ConvolutionLayer& convolution) const {
    const double unit = out_.scale / input_quantisation(0).scale;
    std::vector<double> steps;
    for (const FixedPoint& factor : convolution.requantisation) {
      steps.push_back(factor.multiplier == 0 ? unit : std::abs(real(factor)) * unit);
    }
    return steps;
  }

  /// [output][dimensions]
  std::string weights(Dimensions dimensions, const std::vector<std::int8_t>& values, const std::vector<double>& steps) {
    dimensions.insert(dimensions.begin(), shape_.channels);
    return by_channel("weights", constant("weights_stored", dimensions, values), steps);
  }

  std::string bias(const ConvolutionLayer& convolution, std::vector<double> steps) {
    for (double& step : steps) step *= input_quantisation(0).scale;
    return by_channel("bias", constant("bias_stored", {shape_.channels}, convolution.bias), steps);
  }

  std::string by_channel(const std::string& part, const std::string& stored, const std::vector<double>& scales) {
    const std::string scale = constant(part + "_scale", {shape_.channels}, floats(scales));
    return node(part, "DequantizeLinear", {stored, scale}, {{"axis", std::int64_t{0}}});
  }

  /// What the factors do beyond the steps of the weights: nothing but a slope below zero, in all usual networks.
  std::string rectified(const ConvolutionLayer& convolution, const std::vector<double>& steps,
                        const std::string& tensor) {
    const double unit = out_.scale / input_quantisation(0).scale;
    const auto& negative =
        convolution.negative_requantisation.empty() ? convolution.requantisation : convolution.negative_requantisation;
    std::vector<double> above, below;
    for (std::size_t c = 0; c < steps.size(); ++c) {
      above.push_back(real(convolution.requantisation[c]) * unit / steps[c]);
      below.push_back(real(negative[c]) * unit / steps[c]);
    }
    const Dimensions dimensions{shape_.channels, 1, 1};
    if (all_equal(above, 1.0F) && all_equal(below, 1.0F)) return tensor;
    if (all_equal(above, 1.0F)) return node("leaky", "PRelu", {tensor, constant("slope", dimensions, floats(below))});
    const std::string positive_part = node("above", "Relu", {tensor});
    const std::string negative_part = node("below", "Min", {tensor, number("zero", 0.0)});
    return node("rectified", "Add",
                {scaled("above_scaled", positive_part, dimensions, above),
                 scaled("below_scaled", negative_part, dimensions, below)});
  }

  /// The im2col rows that an input filter lets through, as [batch][filled rows of all groups][row][column].
  std::string filtered_rows(const ConvolutionLayer& convolution, const Blocks& blocks) {
    const auto pixels = static_cast<std::int64_t>(shape_.pixels());
    const InputFilter& filter = *convolution.filter;
    Quantiser input = quantiser("input", input_quantisation(0));
    std::string tensor = im2col(convolution.window, input.stored(name("input_stored"), inputs_[0]));
    if (blocks.filled_rows() != blocks.rows) {
      tensor = reshape("rows", tensor, {-1, blocks.groups, blocks.rows, pixels});
      tensor = node("filled_rows", "Pad",
                    {tensor, integers("filled_rows_sizes", {0, 0, 0, 0, 0, 0, blocks.filled_rows() - blocks.rows, 0})});
    }
    tensor = reshape("blocks", tensor, {-1, blocks.groups * blocks.count, blocks.block_rows, pixels});
    tensor = without_quiet(filter, tensor, with_leading_planes(filter, tensor));
    tensor = reshape("filtered", tensor, {-1, blocks.groups * blocks.filled_rows(), shape_.height, shape_.width});
    tensor = node("filtered_stored", "Cast", {tensor}, {{"to", onnx::TensorProto::UINT8}});
    return input.real(name("filtered_real"), tensor);
  }

  /// A convolution of the stored values, as floats, with a single weight of 1 for each row.
  std::string im2col(const SlidingWindow& w, const std::string& stored) {
    const std::string values = node("input_values", "Cast", {stored}, {{"to", onnx::TensorProto::FLOAT}});
    const std::size_t area = index(w.area());
    const std::size_t rows = index(in_.channels) * area;
    std::vector<float> taps(rows * area);
    for (std::size_t row = 0; row < rows; ++row) taps[row * area + row % area] = 1.0F;
    const Dimensions kernel{static_cast<std::int64_t>(rows), 1, w.kernel_height, w.kernel_width};
    return node("im2col", "Conv", {values, constant("taps", kernel, taps)}, with_groups(placed(w), in_.channels));
  }

  /// Drops what lies below the leading planes. The lowest bit that remains counts 1, and twice as much for each power
  /// of two from 2^planes on that the block's largest value reaches: 1 + 1 + 2 + 4 + ...
  std::string with_leading_planes(const InputFilter& filter, const std::string& blocks) {
    if (filter.planes == 8) return blocks;
    std::vector<float> thresholds{0.0F};
    std::vector<float> increments{1.0F};
    for (int bit = filter.planes; bit < 8; ++bit) {
      thresholds.push_back(std::ldexp(1.0F, bit));
      increments.push_back(std::ldexp(1.0F, bit - filter.planes));
    }
    const Dimensions column{static_cast<std::int64_t>(thresholds.size()), 1};
    const std::string largest = node("largest", "ReduceMax", {blocks}, {{"axes", Dimensions{2}}});
    const std::string reached =
        node("reached", "GreaterOrEqual", {largest, constant("thresholds", column, thresholds)});
    const std::string addends =
        node("addends", "Where", {reached, constant("increments", column, increments), number("no_increment", 0.0)});
    const std::string unit = node("unit", "ReduceSum", {addends, integers("unit_axes", {2})});
    const std::string quotient = node("planes", "Floor", {node("quotient", "Div", {blocks, unit})});
    return node("leading_planes", "Mul", {quotient, unit});
  }

  /// `values` of the blocks that add up to enough, zeros of the others.
  std::string without_quiet(const InputFilter& filter, const std::string& blocks, const std::string& values) {
    if (filter.least_sum == 0) return values;
    const std::string sum = node("block_sum", "ReduceSum", {blocks, integers("block_sum_axes", {2})});
    const std::string quiet = node("quiet", "Less", {sum, number("least_sum", filter.least_sum)});
    return node("loud_blocks", "Where", {quiet, number("left_out", 0.0), values});
  }

  /// [output][filled row]
  std::vector<std::int8_t> filled_weights(const Blocks& blocks) const {
    const std::size_t rows = index(blocks.rows);
    std::vector<std::int8_t> filled(index(shape_.channels) * index(blocks.filled_rows()));
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      filled[i / rows * index(blocks.filled_rows()) + i % rows] = weights_[i];
    }
    return filled;
  }

  const NetworkDescription& description_;
  const Layer& layer_;
  const std::vector<std::int8_t>& weights_;
  const Shape& shape_;
  const Shape& in_;  ///< of the first input
  const Quantisation& out_;
  const Inputs inputs_;
  OnnxWriter& writer_;
};

}  // namespace

std::string export_onnx(const QuantisedNetwork& network) {
  const NetworkDescription& description = network.description;
  check_network(description);
  check_layers(network);
  OnnxWriter writer(description.name);
  const Shape& in = description.input_shape;
  writer.declare_input("input", {in.channels, in.height, in.width});
  const std::string input =
      Quantiser(writer, "input", description.input_quantisation).rounded("input_rounded", "input");
  Inputs outputs;
  for (std::size_t i = 0; i < description.layers.size(); ++i) {
    Inputs inputs;
    for (const int from : description.layers[i].inputs) {
      inputs.push_back(from == kNetworkInput ? input : outputs[index(from)]);
    }
    outputs.push_back(std::visit(LayerExport(network, i, std::move(inputs), writer), description.layers[i].operation));
  }
  const Shape& out = description.layers.back().shape;
  const bool vector = out.pixels() == 1;
  writer.declare_output("logits", vector ? Dimensions{out.channels} : Dimensions{out.channels, out.height, out.width});
  writer.node("logits", vector ? "Flatten" : "Identity", {outputs.back()});
  return writer.bytes();
}

}  // namespace reprise
