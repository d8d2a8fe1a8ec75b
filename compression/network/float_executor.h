#pragma once

#include <utility>
#include <vector>

#include "compression/network/graph.h"

namespace reprise {

/// Runs a graph in float32, one image at a time, on the calling thread. Results do not depend on the number of
/// threads; several threads may share one executor.
class FloatExecutor {
 public:
  explicit FloatExecutor(Graph graph) : graph_(std::move(graph)) {}

  const Graph& graph() const { return graph_; }

  /// The outputs of all nodes, each [channel][row][column]. Throws InputError if the input has not the
  /// size of graph().input_shape.
  std::vector<std::vector<float>> run(const std::vector<float>& input) const;

  /// The same into `outputs`, whose memory is used again: for loops over images.
  void run(const std::vector<float>& input, std::vector<std::vector<float>>& outputs) const;

  /// The output of the last node.
  std::vector<float> output(const std::vector<float>& input) const;

 private:
  Graph graph_;
};

/// Runs one node; the outputs of those before it on which it depends must be there. `outputs` has one place a node.
void run_node(const Graph& graph, int node, const std::vector<float>& input, std::vector<std::vector<float>>& outputs);

/// The same with another operation in the node's place.
void run_node(const Graph& graph, int node, const FloatOperation& operation, const std::vector<float>& input,
              std::vector<std::vector<float>>& outputs);

}  // namespace reprise
