#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "compression/network/graph.h"
#include "compression/network/row_groups.h"
#include "compression/passes/compensation.h"
#include "compression/passes/staged_run.h"

namespace reprise {

/// Rows of one convolution group that are compensated together; very large layers are cut into several.
struct Segment {
  int group = 0;
  int first_row = 0;  ///< of the convolution group
  int rows = 0;
};

/// Segments of at most about 5,000 rows, cut at multiples of `alignment` rows.
std::vector<Segment> segments_of(const MatrixShape& matrix, int alignment);

MatrixShape matrix_shape(const Graph& graph, int node);

/// Runs a network and its compressed form side by side over calibration images, node after node, so that each layer is
/// compressed for the inputs that the layers before it really give. Keeps references to both graphs.
class PairedRun {
 public:
  struct SameInputs {};

  PairedRun(const Graph& original, const Graph& compressed, const std::vector<std::vector<float>>& images)
      : original_graph_(original),
        compressed_graph_(compressed),
        original_(original, images),
        compressed_(std::in_place, compressed, images) {}

  /// Of a network whose nodes are changed only while the run stands before them: what they get is the same in both.
  PairedRun(const Graph& original, const Graph& changed, const std::vector<std::vector<float>>& images, SameInputs)
      : original_graph_(original), compressed_graph_(changed), original_(original, images) {}

  /// Executes all nodes before `node` in both. Nodes must come in ascending order.
  void advance_to(int node);

  /// Of the inputs of convolution `node`, to which the run must have advanced; a filter of the compressed graph's
  /// convolution is applied. From at most `windows` windows.
  std::vector<InputStatistics> statistics(int node, const std::vector<Segment>& segments, std::int64_t windows) const;

  /// What convolution `node` of the original network gets for an image.
  const std::vector<float>& original_input(int node, std::size_t image) const { return original_.input(node, image); }

 private:
  const StagedRun& compressed() const { return compressed_ ? *compressed_ : original_; }
  bool has_same_input(int node) const;

  const Graph& original_graph_;
  const Graph& compressed_graph_;
  StagedRun original_;
  std::optional<StagedRun> compressed_;  // absent: the same as the original
};

/// im2col of some output rows of one image: [rows of all groups][rows x width]. `output_rows` of the output.
Matrix unfold_rows(const Graph& graph, int node, const std::vector<float>& input, const std::vector<int>& output_rows);

/// Which output rows of an image to look at so that all images together give about `windows` windows.
std::vector<int> sampled_rows(const Shape& output, std::size_t image, std::size_t images, std::int64_t windows);

}  // namespace reprise
