#include "compression/passes/staged_run.h"

#include <algorithm>

#include "compression/network/float_executor.h"
#include "compression/passes/parallel.h"

namespace reprise {
namespace {

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

StagedRun::StagedRun(const Graph& graph, const std::vector<std::vector<float>>& images)
    : graph_(graph),
      images_(images),
      values_(images.size(), Values(graph.nodes.size())),
      last_use_(graph.nodes.size(), static_cast<int>(graph.nodes.size())) {
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    for (const int from : graph.nodes[node].inputs) {
      if (from != kNetworkInput) last_use_[index(from)] = static_cast<int>(node);
    }
  }
}

void StagedRun::advance_to(int node) {
  in_parallel(images_.size(), [&](std::size_t image) {
    for (int next = done_; next < node; ++next) {
      run_node(graph_, next, images_[image], values_[image]);
      for (const int from : graph_.nodes[index(next)].inputs) {
        if (from == kNetworkInput || last_use_[index(from)] > next) continue;
        std::vector<float>().swap(values_[image][index(from)]);
      }
    }
  });
  done_ = std::max(done_, node);
}

const std::vector<float>& StagedRun::input(int node, std::size_t image) const {
  const int from = graph_.nodes[index(node)].inputs[0];
  return from == kNetworkInput ? images_[image] : values_[image][index(from)];
}

std::vector<float> StagedRun::finished(const Graph& rest, std::size_t image, const FloatOperation* first) const {
  thread_local Values values;  // fresh memory for each image would cost more than some of the arithmetic
  values.resize(rest.nodes.size());
  for (std::size_t node = 0; node < values.size(); ++node) {
    if (!values_[image][node].empty()) values[node] = values_[image][node];
  }
  for (int next = done_; next < static_cast<int>(rest.nodes.size()); ++next) {
    const bool is_replaced = next == done_ && first != nullptr;
    run_node(rest, next, is_replaced ? *first : rest.nodes[index(next)].operation, images_[image], values);
  }
  return values.back();
}

}  // namespace reprise
