#include "compression/network/onnx_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "compression/network/graph_rewrite.h"
#include "compression/network/onnx_window.h"
#include "support/log.h"

namespace reprise {
namespace {

using Numbers = std::vector<float>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::size_t index(std::int64_t value) {
  return static_cast<std::size_t>(value);
}

/// Missing axes are 1.
Shape to_shape(const Dimensions& dimensions) {
  require(dimensions.size() >= 2 && dimensions.size() <= 4,
          fmt::format("its input has shape {}, expected [1, channels, height, width]", to_string(dimensions)));
  const auto axis = [&](std::size_t i) { return i < dimensions.size() ? static_cast<int>(dimensions[i]) : 1; };
  return {axis(1), axis(2), axis(3)};
}

/// The input of an operator that is defined on images.
const Activation& image(const OnnxNode& node) {
  const Activation& value = node.activation(0);
  require(value.dimensions.size() == 4,
          fmt::format("its input has shape {}, expected [1, channels, height, width]", to_string(value.dimensions)));
  return value;
}

Activation relabelled(const Activation& value, Dimensions dimensions) {
  require(!dimensions.empty() && dimensions[0] == 1,
          fmt::format("the new shape {} does not keep the batch axis", to_string(dimensions)));
  return {value.node, std::move(dimensions)};
}

Value relabelled(const Value& value, Dimensions dimensions) {
  if (const auto* activation = std::get_if<Activation>(&value)) return relabelled(*activation, std::move(dimensions));
  ConstantTensor tensor = std::get<ConstantTensor>(value);
  tensor.dimensions = std::move(dimensions);
  return tensor;
}

const Dimensions& dimensions_of(const Value& value) {
  return std::visit([](const auto& tensor) -> const Dimensions& { return tensor.dimensions; }, value);
}

ConstantTensor list(Dimensions integers) {
  ConstantTensor result;
  result.dimensions = {static_cast<std::int64_t>(integers.size())};
  result.is_integral = true;
  result.integers = std::move(integers);
  return result;
}

/// Adds a node that works on each value alone, whatever the shape.
Value pointwise(const OnnxNode& node, GraphBuilder& graph, FloatOperation operation) {
  const Activation& in = node.activation(0);
  Activation out = graph.add(node.name(), std::move(operation), {in.node}, graph.shape_of(in));
  out.dimensions = in.dimensions;
  return out;
}

void require_length(const Numbers& values, std::int64_t expected, const std::string& what) {
  require(values.size() == index(expected),
          fmt::format("{} has {} elements, expected {}", what, values.size(), expected));
}

Value convolution(const OnnxNode& node, GraphBuilder& graph) {
  const Activation& in = image(node);
  const Numbers& weights = node.numbers(1);
  const Dimensions& shape = node.constant(1).dimensions;
  require(shape.size() == 4, fmt::format("its weights have shape {}, expected four dimensions", to_string(shape)));
  const std::int64_t groups = node.integer("group", 1);
  require(
      groups >= 1 && shape[0] % groups == 0 && in.dimensions[1] % groups == 0 && in.dimensions[1] / groups == shape[1],
      fmt::format("weights of shape {} in {} group(s) do not fit an input of shape {}", to_string(shape), groups,
                  to_string(in.dimensions)));
  const Dimensions kernel = node.integers("kernel_shape");
  require(
      kernel.empty() || kernel == Dimensions(shape.begin() + 2, shape.end()),
      fmt::format("attribute kernel_shape is {} but the weights have shape {}", to_string(kernel), to_string(shape)));
  const PlacedWindow placed =
      convolution_window(node, static_cast<int>(shape[2]), static_cast<int>(shape[3]), to_shape(in.dimensions));
  const Numbers bias = node.has_input(2) ? node.numbers(2) : Numbers(index(shape[0]), 0.0F);
  require_length(bias, shape[0], "the bias");
  return graph.add(node.name(), FloatConvolution{placed.window, static_cast<int>(groups), weights, bias},
                   {graph.materialise(in)}, {static_cast<int>(shape[0]), placed.height, placed.width});
}

/// A kernel over the whole of the tensor before it was flattened: its weights are in the right order already.
Activation fully_connected(const OnnxNode& node, GraphBuilder& graph, Numbers weights, Numbers bias) {
  const Activation& in = node.activation(0);
  const Shape& shape = graph.shape_of(in);
  SlidingWindow window;
  window.kernel_height = shape.height;
  window.kernel_width = shape.width;
  const auto outputs = static_cast<int>(bias.size());
  Activation out = graph.add(node.name(), FloatConvolution{window, 1, std::move(weights), std::move(bias)}, {in.node},
                             {outputs, 1, 1});
  out.dimensions = in.dimensions;
  out.dimensions.back() = outputs;
  return out;
}

/// Weights [out][in] of a constant that is [in][out], or, `transposed`, [out][in] already.
Numbers weight_matrix(const OnnxNode& node, bool transposed) {
  const Dimensions& in = node.activation(0).dimensions;
  const Numbers& values = node.numbers(1);
  const Dimensions& shape = node.constant(1).dimensions;
  const bool is_vector =
      in.size() >= 2 && in.back() == std::accumulate(in.begin(), in.end(), std::int64_t{1}, std::multiplies<>());
  require(is_vector && shape.size() == 2 && shape[transposed ? 1 : 0] == in.back(),
          fmt::format("an input of shape {} cannot be multiplied by {}weights of shape {}", to_string(in),
                      transposed ? "transposed " : "", to_string(shape)));
  if (transposed) return values;
  const std::size_t rows = index(shape[0]);
  const std::size_t columns = index(shape[1]);
  Numbers weights(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) weights[i % columns * rows + i / columns] = values[i];
  return weights;
}

Value gemm(const OnnxNode& node, GraphBuilder& graph) {
  node.expect("transA", 0);
  require(node.activation(0).dimensions.size() == 2,
          fmt::format("its input has shape {}, expected [1, features]", to_string(node.activation(0).dimensions)));
  const bool transposed = node.integer("transB", 0) != 0;
  Numbers weights = weight_matrix(node, transposed);
  const float alpha = node.number("alpha", 1.0F);
  for (float& weight : weights) weight *= alpha;
  const std::int64_t outputs = node.constant(1).dimensions[transposed ? 0 : 1];
  Numbers bias(index(outputs), 0.0F);
  if (node.has_input(2)) {
    const Numbers& values = node.numbers(2);
    const Dimensions& shape = node.constant(2).dimensions;
    require(values.size() == 1 || (values.size() == bias.size() && shape.back() == outputs),
            fmt::format("the bias has shape {}, expected [{}]", to_string(shape), outputs));
    const float beta = node.number("beta", 1.0F);
    for (std::size_t i = 0; i < bias.size(); ++i) bias[i] = beta * values[values.size() == 1 ? 0 : i];
  }
  return fully_connected(node, graph, std::move(weights), std::move(bias));
}

Value matmul(const OnnxNode& node, GraphBuilder& graph) {
  Numbers weights = weight_matrix(node, false);
  return fully_connected(node, graph, std::move(weights), Numbers(index(node.constant(1).dimensions[1]), 0.0F));
}

Value batch_normalisation(const OnnxNode& node, GraphBuilder& graph) {
  node.expect("training_mode", 0);
  node.expect("spatial", 1);
  const Activation& in = node.activation(0);
  const std::int64_t channels = to_shape(in.dimensions).channels;
  static constexpr std::array<const char*, 4> kNames{"the scale", "the offset", "the mean", "the variance"};
  for (int i = 0; i < 4; ++i) require_length(node.numbers(i + 1), channels, kNames[index(i)]);
  const double epsilon = node.number("epsilon", 1e-5F);
  FloatScale scale;
  for (std::size_t c = 0; c < index(channels); ++c) {
    const double factor = node.numbers(1)[c] / std::sqrt(node.numbers(4)[c] + epsilon);
    scale.factor.push_back(static_cast<float>(factor));
    scale.offset.push_back(static_cast<float>(node.numbers(2)[c] - node.numbers(3)[c] * factor));
  }
  const int from = graph.materialise(in);
  return Activation{graph.add(node.name(), std::move(scale), {from}, to_shape(in.dimensions)).node, in.dimensions};
}

Value relu(const OnnxNode& node, GraphBuilder& graph) {
  return pointwise(node, graph, FloatClamp{0.0F, kInfinity});
}

Value leaky_relu(const OnnxNode& node, GraphBuilder& graph) {
  const float slope = node.number("alpha", 0.01F);
  require(std::isfinite(slope), "its slope is not finite");
  return pointwise(node, graph, FloatLeakyRelu{slope});
}

Value clip(const OnnxNode& node, GraphBuilder& graph) {
  const auto bound = [&](const std::string& name, int i, float otherwise) {
    if (node.opset() < 11) return node.number(name, otherwise);
    return node.has_input(i) ? node.scalar(i) : otherwise;
  };
  const FloatClamp clamp{bound("min", 1, -kInfinity), bound("max", 2, kInfinity)};
  require(clamp.low <= clamp.high, fmt::format("its bounds are {} and {}, expected min <= max", clamp.low, clamp.high));
  return pointwise(node, graph, clamp);
}

template <typename Pool>
Value pooling(const OnnxNode& node, GraphBuilder& graph, Pool pool) {
  const Shape in = to_shape(image(node).dimensions);
  const PlacedWindow placed = pooling_window(node, in);
  pool.window = placed.window;
  return graph.add(node.name(), pool, {graph.materialise(node.activation(0))},
                   {in.channels, placed.height, placed.width});
}

Value max_pool(const OnnxNode& node, GraphBuilder& graph) {
  return pooling(node, graph, FloatMaxPool{});
}

Value average_pool(const OnnxNode& node, GraphBuilder& graph) {
  return pooling(node, graph, FloatAveragePool{{}, node.integer("count_include_pad", 0) != 0});
}

template <typename Pool>
Activation global_pooling(const OnnxNode& node, GraphBuilder& graph, Pool pool) {
  const Shape in = to_shape(image(node).dimensions);
  pool.window.kernel_height = in.height;
  pool.window.kernel_width = in.width;
  return graph.add(node.name(), pool, {graph.materialise(node.activation(0))}, {in.channels, 1, 1});
}

Value global_max_pool(const OnnxNode& node, GraphBuilder& graph) {
  return global_pooling(node, graph, FloatMaxPool{});
}

Value global_average_pool(const OnnxNode& node, GraphBuilder& graph) {
  return global_pooling(node, graph, FloatAveragePool{});
}

Value reduce_mean(const OnnxNode& node, GraphBuilder& graph) {
  std::set<std::size_t> axes;
  for (const std::int64_t axis : node.integers("axes")) axes.insert(to_axis(axis, 4));
  require(axes == std::set<std::size_t>{2, 3}, "only the mean over height and width is supported");
  Activation out = global_pooling(node, graph, FloatAveragePool{});
  if (node.integer("keepdims", 1) == 0) out.dimensions.resize(2);
  return out;
}

/// Whether a constant is one number per channel of an activation. Shapes are aligned at their ends.
bool is_per_channel(const Dimensions& constant, const Dimensions& activation) {
  const std::size_t rank = constant.size();
  return (rank == activation.size() || rank + 1 == activation.size()) &&
         constant[rank + 1 - activation.size()] == activation[1] &&
         element_count(constant, "a constant") == activation[1];
}

/// out = x * factor + offset, with factor and offset made from the constant input.
Value scale_by_constant(const OnnxNode& node, GraphBuilder& graph,
                        const std::function<std::pair<float, float>(float)>& factor_and_offset) {
  const int constant = node.is_constant(0) ? 0 : 1;
  const Activation& in = node.activation(1 - constant);
  const Numbers& values = node.numbers(constant);
  const Dimensions& shape = node.constant(constant).dimensions;
  const bool uniform = values.size() == 1 && shape.size() <= in.dimensions.size();
  require(uniform || is_per_channel(shape, in.dimensions),
          fmt::format("a constant of shape {} is not one number per channel of an input of shape {}", to_string(shape),
                      to_string(in.dimensions)));
  const int from = uniform ? in.node : graph.materialise(in);
  const Shape& out_shape = graph.shape_of({from, {}});
  FloatScale scale;
  for (std::size_t c = 0; c < index(out_shape.channels); ++c) {
    const auto [factor, offset] = factor_and_offset(values[uniform ? 0 : c]);
    scale.factor.push_back(factor);
    scale.offset.push_back(offset);
  }
  return Activation{graph.add(node.name(), std::move(scale), {from}, out_shape).node, in.dimensions};
}

/// The sum of activations. Where all were flattened alike, so is the sum.
Value sum(const OnnxNode& node, GraphBuilder& graph) {
  const Activation& first = node.activation(0);
  bool alike = true;
  for (int i = 0; i < node.inputs(); ++i) {
    const Activation& in = node.activation(i);
    require(in.dimensions == first.dimensions, fmt::format("its inputs have shapes {} and {}, expected the same",
                                                           to_string(first.dimensions), to_string(in.dimensions)));
    alike = alike && graph.shape_of(in) == graph.shape_of(first);
  }
  if (node.inputs() == 1) return first;
  std::vector<int> inputs;
  inputs.reserve(index(node.inputs()));
  for (int i = 0; i < node.inputs(); ++i) {
    inputs.push_back(alike ? node.activation(i).node : graph.materialise(node.activation(i)));
  }
  Activation out =
      graph.add(node.name(), FloatAdd{}, std::move(inputs), alike ? graph.shape_of(first) : to_shape(first.dimensions));
  out.dimensions = first.dimensions;
  return out;
}

Value add(const OnnxNode& node, GraphBuilder& graph) {
  if (!node.is_constant(0) && !node.is_constant(1)) return sum(node, graph);
  return scale_by_constant(node, graph, [](float value) { return std::pair(1.0F, value); });
}

Value subtract(const OnnxNode& node, GraphBuilder& graph) {
  const bool from_constant = node.is_constant(0);
  return scale_by_constant(
      node, graph, [=](float value) { return from_constant ? std::pair(-1.0F, value) : std::pair(1.0F, -value); });
}

Value multiply(const OnnxNode& node, GraphBuilder& graph) {
  return scale_by_constant(node, graph, [](float value) { return std::pair(value, 0.0F); });
}

Value divide(const OnnxNode& node, GraphBuilder& graph) {
  require(node.is_constant(1), "only division by a constant is supported");
  return scale_by_constant(node, graph, [](float value) { return std::pair(1.0F / value, 0.0F); });
}

/// Of lists of integers, as in a computed shape.
Value concatenated_constants(const OnnxNode& node) {
  Dimensions all;
  for (int i = 0; i < node.inputs(); ++i) {
    const Dimensions& values = node.integers(i);
    require(node.constant(i).dimensions.size() == 1, "only lists of constants can be concatenated");
    all.insert(all.end(), values.begin(), values.end());
  }
  return list(std::move(all));
}

Value concat(const OnnxNode& node, GraphBuilder& graph) {
  if (node.is_constant(0)) return concatenated_constants(node);
  const Dimensions& first = node.activation(0).dimensions;
  require(to_axis(node.integer("axis", 1), first.size()) == 1, "only concatenation along the channels is supported");
  Dimensions dimensions = first;
  dimensions[1] = 0;
  std::vector<int> inputs;
  for (int i = 0; i < node.inputs(); ++i) {
    const Activation& in = node.activation(i);
    Dimensions others = in.dimensions;
    if (others.size() > 1) others[1] = first[1];
    require(others == first, fmt::format("inputs of shapes {} and {} cannot be concatenated", to_string(first),
                                         to_string(in.dimensions)));
    dimensions[1] += in.dimensions[1];
    inputs.push_back(graph.materialise(in));
  }
  Activation out = graph.add(node.name(), FloatConcat{}, std::move(inputs), to_shape(dimensions));
  out.dimensions = dimensions;
  return out;
}

Value flatten(const OnnxNode& node, GraphBuilder&) {
  const Activation& in = node.activation(0);
  require(to_axis(node.integer("axis", 1), in.dimensions.size()) == 1, "only axis 1 is supported");
  return relabelled(in, {1, element_count(in.dimensions, "its input")});
}

Value reshape(const OnnxNode& node, GraphBuilder&) {
  node.expect("allowzero", 0);
  const Dimensions& from = dimensions_of(node.input(0));
  Dimensions to = node.integers(1);
  const auto mismatch = [&] {
    return fmt::format("shape {} cannot become {}", to_string(from), to_string(node.integers(1)));
  };
  std::int64_t* rest = nullptr;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == -1) {
      require(rest == nullptr, mismatch());
      rest = &to[i];
      to[i] = 1;
    } else if (to[i] == 0) {
      require(i < from.size(), mismatch());
      to[i] = from[i];
    }
  }
  const std::int64_t size = element_count(from, "its input");
  const std::int64_t others = element_count(to, "the new shape");
  if (rest != nullptr) *rest = size / others;
  require(element_count(to, "the new shape") == size, mismatch());
  return relabelled(node.input(0), std::move(to));
}

/// The axes of Squeeze and Unsqueeze, which refer to a tensor of `rank` dimensions.
std::set<std::size_t> unit_axes(const OnnxNode& node, std::size_t rank) {
  std::set<std::size_t> axes;
  for (const std::int64_t axis : node.integers("axes", 1, 13)) axes.insert(to_axis(axis, rank));
  require(!axes.empty(), "its axes are not given");
  require(node.is_constant(0) || axes.count(0) == 0, "the batch axis must stay where it is");
  return axes;
}

Value squeeze(const OnnxNode& node, GraphBuilder&) {
  Dimensions dimensions = dimensions_of(node.input(0));
  const std::set<std::size_t> axes = unit_axes(node, dimensions.size());
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    require(dimensions[*axis] == 1, fmt::format("axis {} of shape {} is not 1", *axis, to_string(dimensions)));
    dimensions.erase(dimensions.begin() + static_cast<std::ptrdiff_t>(*axis));
  }
  return relabelled(node.input(0), std::move(dimensions));
}

Value unsqueeze(const OnnxNode& node, GraphBuilder&) {
  Dimensions dimensions = dimensions_of(node.input(0));
  const std::size_t added = node.integers("axes", 1, 13).size();
  for (const std::size_t axis : unit_axes(node, dimensions.size() + added)) {
    require(axis <= dimensions.size(), fmt::format("axis {} is given twice", axis));
    dimensions.insert(dimensions.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  }
  return relabelled(node.input(0), std::move(dimensions));
}

Value transpose(const OnnxNode& node, GraphBuilder&) {
  const Activation& in = node.activation(0);
  Dimensions axes(in.dimensions.size());
  std::iota(axes.begin(), axes.end(), 0);
  const Dimensions order = node.has("perm") ? node.integers("perm") : Dimensions(axes.rbegin(), axes.rend());
  require(order.size() == axes.size() && std::is_permutation(axes.begin(), axes.end(), order.begin()),
          fmt::format("attribute perm is {} for an input of shape {}", to_string(order), to_string(in.dimensions)));
  Dimensions dimensions;
  Dimensions moved;  // axes whose order matters
  for (const std::int64_t axis : order) {
    dimensions.push_back(in.dimensions[index(axis)]);
    if (dimensions.back() != 1) moved.push_back(axis);
  }
  require(order[0] == 0 && std::is_sorted(moved.begin(), moved.end()),
          fmt::format("shape {} becomes {} by {}: only axes of size 1 may move", to_string(in.dimensions),
                      to_string(dimensions), to_string(order)));
  return relabelled(in, std::move(dimensions));
}

Value slice(const OnnxNode& node, GraphBuilder& graph) {
  const Activation& in = node.activation(0);
  const Dimensions starts = node.integers("starts", 1, 10);
  const Dimensions ends = node.integers("ends", 2, 10);
  Dimensions axes = node.integers("axes", 3, 10);
  Dimensions steps = node.opset() < 10 ? Dimensions{} : node.integers("", 4, 10);
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  require(ends.size() == starts.size() && axes.size() == starts.size() && steps.size() == starts.size(),
          fmt::format("{} starts, {} ends, {} axes and {} steps, expected as many of each", starts.size(), ends.size(),
                      axes.size(), steps.size()));
  FloatSlice operation;
  Dimensions dimensions = in.dimensions;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = to_axis(axes[i], dimensions.size());
    const std::int64_t size = in.dimensions[axis];
    const auto position = [&](std::int64_t value) {
      return std::clamp<std::int64_t>(value < 0 ? std::max(value, -size) + size : value, 0, size);
    };
    const std::int64_t start = position(starts[i]);
    const std::int64_t end = position(ends[i]);
    const std::int64_t step = std::min(steps[i], size);
    require(step >= 1, fmt::format("step {}, only steps of at least 1 are supported", steps[i]));
    require(start < end, fmt::format("nothing is left of axis {}, which has {} positions", axis, size));
    if (axis == 0) continue;  // the batch axis of 1: something is left, so all of it
    require(axis <= 3, fmt::format("axis {} is not supported", axis));
    operation.start[axis - 1] = static_cast<int>(start);
    operation.step[axis - 1] = static_cast<int>(step);
    dimensions[axis] = (end - start + step - 1) / step;
  }
  if (dimensions == in.dimensions) return in;
  Activation out = graph.add(node.name(), operation, {graph.materialise(in)}, to_shape(dimensions));
  out.dimensions = dimensions;
  return out;
}

Value pad(const OnnxNode& node, GraphBuilder& graph) {
  const Activation& in = node.activation(0);
  require(node.text("mode", "constant") == "constant", "only mode 'constant' is supported");
  const Dimensions pads = node.integers("pads", 1, 11);
  const std::size_t rank = in.dimensions.size();
  require(pads.size() == 2 * rank, fmt::format("its pads are {} for an input of shape {}, expected {} values",
                                               to_string(pads), to_string(in.dimensions), 2 * rank));
  FloatPad operation;
  operation.value = node.opset() < 11 ? node.number("value", 0.0F) : node.has_input(2) ? node.scalar(2) : 0.0F;
  require(std::isfinite(operation.value), "its value is not finite");
  Dimensions dimensions = in.dimensions;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const bool allowed = std::min(pads[axis], pads[axis + rank]) >= 0 &&
                         std::max(pads[axis], pads[axis + rank]) <= (axis == 0 ? 0 : kMaximumElements);
    require(allowed,
            fmt::format("its pads are {}, expected none on the batch axis and none below zero", to_string(pads)));
    dimensions[axis] += pads[axis] + pads[axis + rank];
    if (axis >= 1 && axis <= 3) operation.before[axis - 1] = static_cast<int>(pads[axis]);
  }
  if (dimensions == in.dimensions) return in;
  element_count(dimensions, "its output");
  Activation out = graph.add(node.name(), operation, {graph.materialise(in)}, to_shape(dimensions));
  out.dimensions = dimensions;
  return out;
}

Value identity(const OnnxNode& node, GraphBuilder&) {
  return node.input(0);
}

Value dropout(const OnnxNode& node, GraphBuilder&) {
  require(!node.has_input(2) || node.integers(2) == Dimensions{0}, "training_mode is set");
  return node.input(0);
}

Value softmax(const OnnxNode& node, GraphBuilder& graph) {
  require(node.output() == graph.output(), "only supported as the network's last node");
  log_info("node '{}': the final softmax is left out, it does not change the order of the outputs", node.name());
  return node.activation(0);
}

Value constant(const OnnxNode& node, GraphBuilder&) {
  if (node.has("value")) return decode_tensor(node.attribute("value")->t());
  ConstantTensor tensor;
  if (node.has("value_float")) {
    tensor.values = {node.number("value_float", 0.0F)};
  } else if (node.has("value_floats")) {
    const auto& floats = node.attribute("value_floats")->floats();
    tensor.values.assign(floats.begin(), floats.end());
    tensor.dimensions = {floats.size()};
  } else if (node.has("value_ints")) {
    tensor = list(node.integers("value_ints"));
  } else {
    require(node.has("value_int"), "only numbers and tensors of numbers are supported");
    tensor.is_integral = true;
    tensor.integers = {node.integer("value_int", 0)};
  }
  return tensor;
}

Value cast(const OnnxNode& node, GraphBuilder&) {
  const std::int64_t type = node.integer("to", 0);
  const bool to_float =
      type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::FLOAT16 || type == onnx::TensorProto::DOUBLE;
  const bool to_integer = type == onnx::TensorProto::INT64 || type == onnx::TensorProto::INT32;
  const bool integral = node.is_constant(0) && node.constant(0).is_integral;
  require(integral ? to_integer : to_float,
          "only casts between floating-point types or between integers are supported");
  return node.input(0);
}

Value shape(const OnnxNode& node, GraphBuilder&) {
  require(!node.has("start") && !node.has("end"), "attributes start and end are not supported");
  return list(dimensions_of(node.input(0)));
}

/// Picks entries of a list of integers, as in a computed shape.
Value gather(const OnnxNode& node, GraphBuilder&) {
  const Dimensions& from = node.integers(0);
  require(node.constant(0).dimensions.size() == 1, "only entries of a list of constants can be gathered");
  node.expect("axis", 0);
  ConstantTensor result = node.constant(1);
  for (std::int64_t& entry : result.integers) entry = from[to_axis(entry, from.size())];
  require(result.is_integral, "its indices are not integers");
  return result;
}

void require_finite(const Node& node, const Numbers& values, std::string_view what) {
  const bool finite = std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
  require(finite, fmt::format("node '{}': {} are not all finite", node.name, what));
}

}  // namespace

GraphBuilder::GraphBuilder(const OnnxModel& model) : output_(model.output()) {
  for (const onnx::NodeProto* node : model.nodes()) names_.insert(node->name());
  graph_.input_shape = to_shape(model.input_dimensions());
}

Activation GraphBuilder::add(const std::string& name, FloatOperation operation, std::vector<int> inputs,
                             const Shape& shape) {
  Dimensions dimensions{1, shape.channels, shape.height, shape.width};
  element_count(dimensions, "its output");
  graph_.nodes.push_back({name, std::move(operation), std::move(inputs), shape});
  return {static_cast<int>(graph_.nodes.size()) - 1, std::move(dimensions)};
}

int GraphBuilder::materialise(const Activation& value) {
  const Shape shape = to_shape(value.dimensions);
  if (shape == shape_of(value)) return value.node;
  const auto [known, is_new] = reshapes_.try_emplace({value.node, {shape.channels, shape.height, shape.width}});
  if (is_new) {
    std::string name = (value.node == kNetworkInput ? "input" : graph_.nodes[index(value.node)].name) + "_reshape";
    while (!names_.insert(name).second) name += '_';
    known->second = add(name, FloatReshape{}, {value.node}, shape).node;
  }
  return known->second;
}

Graph GraphBuilder::finish(const Activation& output) {
  keep_only_ancestors(graph_, materialise(output));
  require(!graph_.nodes.empty(), "the network has no layers between its input and its output");
  fold_scales(graph_);
  for (const Node& node : graph_.nodes) {
    if (const auto* convolution = std::get_if<FloatConvolution>(&node.operation)) {
      require_finite(node, convolution->weights, "its weights");
      require_finite(node, convolution->bias, "its biases");
    } else if (const auto* scale = std::get_if<FloatScale>(&node.operation)) {
      require_finite(node, scale->factor, "its factors");
      require_finite(node, scale->offset, "its offsets");
    }
  }
  return std::move(graph_);
}

const std::map<std::string_view, OnnxOperator>& onnx_operators() {
  static const std::map<std::string_view, OnnxOperator> operators{
      {"Add", add},
      {"AveragePool", average_pool},
      {"BatchNormalization", batch_normalisation},
      {"Cast", cast},
      {"Clip", clip},
      {"Concat", concat},
      {"Constant", constant},
      {"Conv", convolution},
      {"Div", divide},
      {"Dropout", dropout},
      {"Flatten", flatten},
      {"Gather", gather},
      {"Gemm", gemm},
      {"GlobalAveragePool", global_average_pool},
      {"GlobalMaxPool", global_max_pool},
      {"Identity", identity},
      {"LeakyRelu", leaky_relu},
      {"LogSoftmax", softmax},
      {"MatMul", matmul},
      {"MaxPool", max_pool},
      {"Mul", multiply},
      {"Pad", pad},
      {"ReduceMean", reduce_mean},
      {"Relu", relu},
      {"Reshape", reshape},
      {"Shape", shape},
      {"Slice", slice},
      {"Softmax", softmax},
      {"Squeeze", squeeze},
      {"Sub", subtract},
      {"Sum", sum},
      {"Transpose", transpose},
      {"Unsqueeze", unsqueeze},
  };
  return operators;
}

}  // namespace reprise
