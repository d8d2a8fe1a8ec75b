#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compression/network/onnx_node.h"

namespace reprise {

/// Collects the nodes of a graph.
class GraphBuilder {
 public:
  explicit GraphBuilder(const OnnxModel& model);

  /// Appends a node and returns its output. Throws InputError if that is too large.
  Activation add(const std::string& name, FloatOperation operation, std::vector<int> inputs, const Shape& shape);

  /// The node that makes the activation in the shape that its dimensions say: its own, or a FloatReshape of it.
  int materialise(const Activation& value);

  const Shape& shape_of(const Activation& value) const { return graph_.shape_of(value.node); }
  const std::string& output() const { return output_; }

  /// The graph up to `output`, with factors and offsets folded.
  Graph finish(const Activation& output);

 private:
  Graph graph_;
  std::string output_;
  std::set<std::string> names_;
  std::map<std::pair<int, Dimensions>, int> reshapes_;
};

/// Adds to the graph what a node does, and returns its first output. Throws InputError with the reason if it cannot.
using OnnxOperator = Value (*)(const OnnxNode&, GraphBuilder&);

/// Every supported operator of the default domain, by name.
const std::map<std::string_view, OnnxOperator>& onnx_operators();

}  // namespace reprise
