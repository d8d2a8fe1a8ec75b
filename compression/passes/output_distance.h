#pragma once

#include <vector>

#include "compression/network/graph.h"

namespace reprise {

/// How far a changed network is from the original on unlabelled images.
struct Distance {
  double divergence = 0.0;  ///< mean Kullback-Leibler divergence of the class probabilities (soft-max), in nats
  double agreement = 1.0;   ///< share of images with the same top-1 class
};

class OutputDistance {
 public:
  OutputDistance(const Graph& original, std::vector<std::vector<float>> images);
  Distance measure(const Graph& changed) const;

 private:
  std::vector<std::vector<float>> images_;
  std::vector<std::vector<float>> outputs_;  // of the original
};

}  // namespace reprise
