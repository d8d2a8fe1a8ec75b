#include "compression/network/graph.h"

#include <utility>

namespace reprise {

std::uint64_t multiply_accumulates(const Graph& graph, const Node& node) {
  const auto* convolution = std::get_if<FloatConvolution>(&node.operation);
  if (convolution == nullptr) return 0;
  const auto channels = static_cast<std::uint64_t>(graph.shape_of(node.inputs[0]).channels / convolution->groups);
  return node.shape.size() * channels * static_cast<std::uint64_t>(convolution->window.area());
}

std::uint64_t multiply_accumulates(const Graph& graph) {
  std::uint64_t sum = 0;
  for (const Node& node : graph.nodes) sum += multiply_accumulates(graph, node);
  return sum;
}

std::vector<int> consumer_counts(const Graph& graph) {
  std::vector<int> counts(graph.nodes.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const int input : node.inputs) {
      if (input != kNetworkInput) ++counts[static_cast<std::size_t>(input)];
    }
  }
  if (!counts.empty()) ++counts.back();
  return counts;
}

void keep_only_ancestors(Graph& graph, int output) {
  std::vector<bool> needed(graph.nodes.size(), false);
  if (output != kNetworkInput) needed[static_cast<std::size_t>(output)] = true;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const int input : graph.nodes[i].inputs) {
      if (input != kNetworkInput) needed[static_cast<std::size_t>(input)] = true;
    }
  }
  std::vector<int> renumbered(graph.nodes.size(), kNetworkInput);
  std::vector<Node> kept;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!needed[i]) continue;
    Node& node = graph.nodes[i];
    for (int& input : node.inputs) {
      if (input != kNetworkInput) input = renumbered[static_cast<std::size_t>(input)];
    }
    renumbered[i] = static_cast<int>(kept.size());
    kept.push_back(std::move(node));
  }
  graph.nodes = std::move(kept);
}

}  // namespace reprise
