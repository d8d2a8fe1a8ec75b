#pragma once

#include <ATen/ATen.h>

#include <map>
#include <vector>

#include "compression/fine_tuning/filtered_convolution.h"
#include "compression/fine_tuning/latent_weights.h"
#include "compression/network/graph.h"
#include "compression/passes/compressed_layer.h"

namespace reprise {

/// A graph as libtorch runs and trains it. Keeps a reference to the graph.
class TorchNetwork {
 public:
  /// Convolutions without a layer have free weights.
  explicit TorchNetwork(const Graph& graph, const std::vector<CompressedLayer>& layers = {});
  TorchNetwork(const TorchNetwork&) = delete;
  TorchNetwork& operator=(const TorchNetwork&) = delete;

  /// [image][channel][row][column] to [image][output]. Input filters may be left out.
  at::Tensor forward(const at::Tensor& images, bool with_filters = true) const;

  std::vector<at::Tensor> parameters() const;
  void confine();

  /// Into the graph and layers that it was made from.
  void write_back(Graph& graph, std::vector<CompressedLayer>& layers) const;

 private:
  const Graph& graph_;
  std::vector<bool> overwrites_;                 // by node: an activation may do so to its input
  std::map<int, LatentWeights> weights_;         // by node
  std::map<int, FilteredConvolution> filtered_;  // by node
};

}  // namespace reprise
