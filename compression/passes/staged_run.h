#pragma once

#include <cstddef>
#include <vector>

#include "compression/network/graph.h"

namespace reprise {

/// A network on its way through a set of images: all nodes before one have run, for every image. Of their outputs only
/// those are kept that later nodes need. Keeps references to the graph and the images.
class StagedRun {
 public:
  StagedRun(const Graph& graph, const std::vector<std::vector<float>>& images);

  std::size_t images() const { return images_.size(); }

  /// Executes all nodes before `node`. Nodes must come in ascending order.
  void advance_to(int node);

  /// The first input of `node`, to which the run must have advanced.
  const std::vector<float>& input(int node, std::size_t image) const;

  /// The network's output if the nodes from here on are those of `rest`, the first of them with another operation if
  /// one is given; the run itself stays where it is.
  std::vector<float> finished(const Graph& rest, std::size_t image, const FloatOperation* first = nullptr) const;

 private:
  using Values = std::vector<std::vector<float>>;

  const Graph& graph_;
  const std::vector<std::vector<float>>& images_;
  std::vector<Values> values_;  // [image][node]
  std::vector<int> last_use_;   // by node
  int done_ = 0;
};

}  // namespace reprise
