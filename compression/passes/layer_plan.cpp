#include "compression/passes/layer_plan.h"

#include <variant>

namespace reprise {
namespace {

bool keeps_quantisation(const FloatOperation& operation) {
  return std::holds_alternative<FloatMaxPool>(operation) || std::holds_alternative<FloatSlice>(operation) ||
         std::holds_alternative<FloatPad>(operation) || std::holds_alternative<FloatReshape>(operation);
}

bool fuses(const FloatOperation& before, const FloatOperation& activation) {
  const bool convolution = std::holds_alternative<FloatConvolution>(before);
  if (std::holds_alternative<FloatLeakyRelu>(activation)) return convolution;
  return std::holds_alternative<FloatClamp>(activation) &&
         (convolution || std::holds_alternative<FloatAdd>(before) || std::holds_alternative<FloatScale>(before));
}

}  // namespace

LayerPlan::LayerPlan(const Graph& graph)
    : graph_(graph), consumers_(consumer_counts(graph)), fused_(graph.nodes.size()), quantised_as_(graph.nodes.size()) {
  for (int node = 0; node < static_cast<int>(graph.nodes.size()); ++node) {
    if (head(node) != node) fused_[index(head(node))] = true;
    quantised_as_[index(node)] = keeps_quantisation(at(node).operation) ? at(node).inputs.front() : node;
    if (!std::holds_alternative<FloatConcat>(at(node).operation)) continue;
    for (const int input : at(node).inputs) adopt(input, node);
  }
}

int LayerPlan::head(int node) const {
  const int before = at(node).inputs.front();
  return has_sole_consumer(before) && fuses(at(before).operation, at(node).operation) ? before : node;
}

int LayerPlan::range_owner(int node) const {
  while (node != kNetworkInput && quantised_as_[index(node)] != node) node = quantised_as_[index(node)];
  return node;
}

/// Gives a concatenation's input, if nothing else reads it, the quantisation of the concatenation: then joining is
/// exact.
void LayerPlan::adopt(int input, int concat) {
  while (has_sole_consumer(input) && keeps_quantisation(at(input).operation)) input = at(input).inputs.front();
  if (has_sole_consumer(input)) quantised_as_[index(input)] = concat;
}

}  // namespace reprise
