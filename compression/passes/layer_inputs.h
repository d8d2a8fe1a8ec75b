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
  PairedRun(const Graph& original, const Graph& compressed, const std::vector<std::vector<float>>& images)
      : graph_(original), original_(original, images), compressed_(std::in_place, compressed, images) {}

  /// Where one layer at a time is compressed and all before it are as they were.
  PairedRun(const Graph& original, const std::vector<std::vector<float>>& images)
      : graph_(original), original_(original, images) {}

  /// Executes all nodes before `node` in both. Nodes must come in ascending order.
  void advance_to(int node);

  /// Of the inputs of convolution `node`, to which the run must have advanced, in the compressed network behind a
  /// filter if one is given. From at most `windows` windows.
  std::vector<InputStatistics> statistics(int node, const std::vector<Segment>& segments, std::int64_t windows,
                                          const std::optional<FloatInputFilter>& filter) const;

  /// What convolution `node` of the original network gets for an image.
  const std::vector<float>& original_input(int node, std::size_t image) const { return original_.input(node, image); }

 private:
  const StagedRun& compressed() const { return compressed_ ? *compressed_ : original_; }
  bool has_same_input(int node) const;

  const Graph& graph_;
  StagedRun original_;
  std::optional<StagedRun> compressed_;  // absent: the same as the original
};

/// im2col of some output rows of one image: [rows of all groups][rows x width]. `output_rows` of the output.
Matrix unfold_rows(const Graph& graph, int node, const std::vector<float>& input, const std::vector<int>& output_rows,
                   const std::optional<FloatInputFilter>& filter = {});

/// Which output rows of an image to look at so that all images together give about `windows` windows.
std::vector<int> sampled_rows(const Shape& output, std::size_t image, std::size_t images, std::int64_t windows);

}  // namespace reprise
