#include "compression/network/onnx_node.h"

#include <fmt/format.h>

#include "support/error.h"

namespace reprise {

void require(bool condition, const std::string& reason) {
  if (!condition) throw InputError(reason);
}

std::size_t to_axis(std::int64_t axis, std::size_t rank) {
  const auto limit = static_cast<std::int64_t>(rank);
  require(axis >= -limit && axis < limit, fmt::format("axis {} is outside a tensor of {} dimensions", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + limit : axis);
}

const Value& OnnxNode::input(int i) const {
  require(has_input(i), fmt::format("input {} is missing", i));
  const auto value = values_.find(node_.input(i));
  require(value != values_.end(),
          fmt::format("input '{}' is not the first output of its node; others are not supported", node_.input(i)));
  return value->second;
}

const Activation& OnnxNode::activation(int i) const {
  const auto* value = std::get_if<Activation>(&input(i));
  require(value != nullptr, fmt::format("input '{}' is constant, expected an activation", node_.input(i)));
  return *value;
}

const ConstantTensor& OnnxNode::constant(int i) const {
  const auto* value = std::get_if<ConstantTensor>(&input(i));
  require(value != nullptr, fmt::format("input '{}' is computed, expected a constant", node_.input(i)));
  return *value;
}

const std::vector<float>& OnnxNode::numbers(int i) const {
  const ConstantTensor& tensor = constant(i);
  require(!tensor.is_integral,
          fmt::format("input '{}' holds integers, expected floating-point numbers", node_.input(i)));
  return tensor.values;
}

const Dimensions& OnnxNode::integers(int i) const {
  const ConstantTensor& tensor = constant(i);
  require(tensor.is_integral,
          fmt::format("input '{}' holds floating-point numbers, expected integers", node_.input(i)));
  return tensor.integers;
}

float OnnxNode::scalar(int i) const {
  require(numbers(i).size() == 1,
          fmt::format("input '{}' has {} elements, expected one", node_.input(i), numbers(i).size()));
  return numbers(i)[0];
}

const onnx::AttributeProto* OnnxNode::attribute(const std::string& name) const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

std::int64_t OnnxNode::integer(const std::string& name, std::int64_t otherwise) const {
  return has(name) ? attribute(name)->i() : otherwise;
}

float OnnxNode::number(const std::string& name, float otherwise) const {
  return has(name) ? attribute(name)->f() : otherwise;
}

std::string OnnxNode::text(const std::string& name, const std::string& otherwise) const {
  return has(name) ? attribute(name)->s() : otherwise;
}

Dimensions OnnxNode::integers(const std::string& name) const {
  return has(name) ? Dimensions(attribute(name)->ints().begin(), attribute(name)->ints().end()) : Dimensions{};
}

void OnnxNode::expect(const std::string& name, std::int64_t value) const {
  require(integer(name, value) == value,
          fmt::format("attribute {} is {}, only {} is supported", name, integer(name, value), value));
}

Dimensions OnnxNode::integers(const std::string& name, int i, int opset_of_input) const {
  if (opset_ < opset_of_input) return integers(name);
  return has_input(i) ? integers(i) : Dimensions{};
}

}  // namespace reprise
