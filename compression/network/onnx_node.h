#pragma once

#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "compression/network/graph.h"
#include "compression/network/onnx_model.h"

namespace reprise {

/// A tensor that depends on the network's input. Its values are those of `node` in row-major order; flattening and
/// the like change the dimensions only.
struct Activation {
  int node = kNetworkInput;
  Dimensions dimensions;  ///< with the batch axis, which is 1
};

using Value = std::variant<ConstantTensor, Activation>;

/// Throws InputError with `reason` unless `condition` holds.
void require(bool condition, const std::string& reason);

/// An axis that may count from the end. Throws InputError if it is outside a tensor of `rank` dimensions.
std::size_t to_axis(std::int64_t axis, std::size_t rank);

/// One node of the file with what its inputs are. All questions about it throw InputError with the reason
/// (not the node) where the answer is not what an importer can use.
class OnnxNode {
 public:
  OnnxNode(const onnx::NodeProto& node, int opset, const std::unordered_map<std::string, Value>& values)
      : node_(node), opset_(opset), values_(values) {}

  const std::string& name() const { return node_.name(); }
  const std::string& output() const { return node_.output(0); }
  int opset() const { return opset_; }

  int inputs() const { return node_.input_size(); }
  bool has_input(int i) const { return i < inputs() && !node_.input(i).empty(); }
  const Value& input(int i) const;
  bool is_constant(int i) const { return std::holds_alternative<ConstantTensor>(input(i)); }
  const Activation& activation(int i) const;
  const ConstantTensor& constant(int i) const;
  const std::vector<float>& numbers(int i) const;  ///< a floating-point constant
  const Dimensions& integers(int i) const;         ///< an integer constant
  float scalar(int i) const;                       ///< a floating-point constant of one element

  const onnx::AttributeProto* attribute(const std::string& name) const;
  bool has(const std::string& name) const { return attribute(name) != nullptr; }
  std::int64_t integer(const std::string& name, std::int64_t otherwise) const;
  float number(const std::string& name, float otherwise) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  Dimensions integers(const std::string& name) const;  ///< empty if absent
  /// Throws unless the attribute is absent or has this value.
  void expect(const std::string& name, std::int64_t value) const;

  /// A list that is attribute `name` in opsets before `opset_of_input` and input i since. Empty if absent.
  Dimensions integers(const std::string& name, int i, int opset_of_input) const;

 private:
  const onnx::NodeProto& node_;
  int opset_;
  const std::unordered_map<std::string, Value>& values_;
};

}  // namespace reprise
