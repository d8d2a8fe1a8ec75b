#include "compression/network/graph_rewrite.h"

#include <numeric>

namespace reprise {
namespace {

void rescale(FloatScale& target, const FloatScale& scale) {
  for (std::size_t c = 0; c < target.factor.size(); ++c) {
    target.factor[c] *= scale.factor[c];
    target.offset[c] = target.offset[c] * scale.factor[c] + scale.offset[c];
  }
}

void rescale(FloatConvolution& target, const FloatScale& scale) {
  const std::size_t taps = target.weights.size() / target.bias.size();
  for (std::size_t i = 0; i < target.weights.size(); ++i) target.weights[i] *= scale.factor[i / taps];
  for (std::size_t c = 0; c < target.bias.size(); ++c) {
    target.bias[c] = target.bias[c] * scale.factor[c] + scale.offset[c];
  }
}

bool fold(FloatOperation& target, const FloatScale& scale) {
  if (auto* convolution = std::get_if<FloatConvolution>(&target)) {
    rescale(*convolution, scale);
  } else if (auto* before = std::get_if<FloatScale>(&target)) {
    rescale(*before, scale);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void fold_scales(Graph& graph) {
  std::vector<int> uses = consumer_counts(graph);
  std::vector<int> stands_for(graph.nodes.size());  // the node that makes this one's output
  std::iota(stands_for.begin(), stands_for.end(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    for (int& input : node.inputs) {
      if (input != kNetworkInput) input = stands_for[static_cast<std::size_t>(input)];
    }
    const auto* scale = std::get_if<FloatScale>(&node.operation);
    if (scale == nullptr || node.inputs[0] == kNetworkInput) continue;
    const auto before = static_cast<std::size_t>(node.inputs[0]);
    if (uses[before] != 1 || !fold(graph.nodes[before].operation, *scale)) continue;
    stands_for[i] = node.inputs[0];
    uses[before] = uses[i];  // it stands for both now
  }
  if (!graph.nodes.empty()) keep_only_ancestors(graph, stands_for.back());
}

}  // namespace reprise
