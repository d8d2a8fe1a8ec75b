#pragma once

#include <vector>

#include "compression/network/graph.h"

namespace reprise {

/// Which nodes of a graph become one layer, and which tensors share one quantisation. A tensor is named by the node
/// that makes it. Keeps a reference to the graph.
class LayerPlan {
 public:
  explicit LayerPlan(const Graph& graph);

  /// Whether node is computed by the layer of the activation after it.
  bool is_fused(int node) const { return fused_[index(node)]; }
  /// The first node of node's layer: the convolution, addition or scaling before an activation, otherwise node itself.
  int head(int node) const;
  /// The tensor whose range sets node's quantisation; may be kNetworkInput.
  int range_owner(int node) const;
  bool owns_range(int node) const { return range_owner(node) == node; }

 private:
  static std::size_t index(int node) { return static_cast<std::size_t>(node); }
  const Node& at(int node) const { return graph_.nodes[index(node)]; }
  bool has_sole_consumer(int node) const { return node != kNetworkInput && consumers_[index(node)] == 1; }
  void adopt(int input, int concat);

  const Graph& graph_;
  std::vector<int> consumers_;
  std::vector<bool> fused_;
  std::vector<int> quantised_as_;
};

}  // namespace reprise
