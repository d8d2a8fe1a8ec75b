#pragma once

#include <vector>

#include "compression/network/graph.h"
#include "compression/passes/staged_run.h"

namespace reprise {

/// How far a changed network is from the original on unlabelled images.
struct Distance {
  double divergence = 0.0;  ///< mean Kullback-Leibler divergence of the class probabilities (soft-max), in nats
  double agreement = 1.0;   ///< share of images with the same top-1 class
};

/// Measures on a set of images. The changes are in nodes that it has not passed yet.
class OutputDistance {
 public:
  OutputDistance(const Graph& original, std::vector<std::vector<float>> images);
  OutputDistance(const OutputDistance&) = delete;
  OutputDistance& operator=(const OutputDistance&) = delete;

  /// From here on, changed networks equal the original in all nodes before `node`, which need not run again.
  void advance_to(int node) { run_.advance_to(node); }

  /// The first node that it has not passed may have another `operation` than in `changed`.
  Distance measure(const Graph& changed, const FloatOperation* operation = nullptr) const;

 private:
  std::vector<std::vector<float>> outputs_of(const Graph& graph, const FloatOperation* operation) const;

  std::vector<std::vector<float>> images_;
  StagedRun run_;
  std::vector<std::vector<float>> outputs_;  // of the original
};

}  // namespace reprise
