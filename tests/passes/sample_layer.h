#pragma once

#include <cstddef>
#include <random>
#include <utility>
#include <vector>

#include "compression/passes/compensation.h"
#include "compression/passes/layer_inputs.h"
#include "compression/passes/layer_matrix.h"
#include "compression/passes/weight_compression.h"

namespace reprise::test {

using Random = std::mt19937;
using Dense = Eigen::MatrixXd;

inline int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

inline Matrix draw_matrix(Random& random, int rows, int columns) {
  std::normal_distribution<float> number;
  Matrix result(rows, columns);
  for (Eigen::Index i = 0; i < result.size(); ++i) result.data()[i] = number(random);
  return result;
}

/// What im2col rows carry: rectified, correlated, with a line of ones below. [rows + 1][windows]
inline Matrix draw_inputs(Random& random, int rows, int windows) {
  const int causes = std::max(1, rows / 3);
  Matrix inputs(rows + 1, windows);
  inputs.topRows(rows) =
      (draw_matrix(random, rows, causes) * draw_matrix(random, causes, windows) + draw_matrix(random, rows, windows))
          .cwiseMax(0.0F);
  inputs.bottomRows(1).setOnes();
  return inputs;
}

inline InputStatistics statistics_of(const Matrix& own, const Matrix& original) {
  const auto windows = static_cast<float>(own.cols());
  return {own * own.transpose() / windows, original * own.transpose() / windows};
}

/// A convolution and what its inputs were.
struct SampleLayer {
  MatrixShape matrix;
  FloatConvolution convolution;
  std::vector<Segment> segments;
  std::vector<Matrix> inputs;  ///< [segment]: [rows + 1][windows]
  std::vector<Compensator> compensators;

  std::vector<Matrix> weights() const {
    std::vector<Matrix> all;
    for (const Segment& segment : segments) all.push_back(segment_weights(convolution, matrix, segment));
    return all;
  }

  /// The mean square of what `changed` makes of the outputs, as a share of the outputs' own.
  double relative_error(const FloatConvolution& changed) const {
    double error = 0.0;
    double whole = 0.0;
    for (std::size_t s = 0; s < segments.size(); ++s) {
      const Matrix before = segment_weights(convolution, matrix, segments[s]);
      const Matrix after = segment_weights(changed, matrix, segments[s]);
      error += double{((before - after) * inputs[s]).squaredNorm()};
      whole += double{(before * inputs[s]).squaredNorm()};
    }
    return whole > 0.0 ? error / whole : error;
  }
};

inline SampleLayer sample_layer(Random& random, const MatrixShape& matrix, int unit_rows, double damping = 0.01) {
  SampleLayer layer;
  layer.matrix = matrix;
  layer.convolution.groups = static_cast<int>(matrix.groups);
  std::normal_distribution<float> number(0.0F, 0.2F);
  for (std::uint32_t i = 0; i < matrix.outputs * matrix.rows_per_group; ++i) {
    layer.convolution.weights.push_back(number(random));
  }
  for (std::uint32_t i = 0; i < matrix.outputs; ++i) layer.convolution.bias.push_back(number(random));
  layer.segments = segments_of(matrix, segment_alignment(unit_rows));
  for (const Segment& segment : layer.segments) {
    layer.inputs.push_back(draw_inputs(random, segment.rows, 3 * segment.rows + 20));
    layer.compensators.emplace_back(statistics_of(layer.inputs.back(), layer.inputs.back()), damping);
  }
  return layer;
}

/// Of any kind: grouped, one channel, one output, fewer rows than a unit.
inline MatrixShape draw_matrix_shape(Random& random) {
  const auto groups = static_cast<std::uint32_t>(draw(random, 0, 3) == 0 ? draw(random, 2, 4) : 1);
  const auto outputs = static_cast<std::uint32_t>(draw(random, 0, 4) == 0 ? 1 : draw(random, 1, 12));
  const auto rows = static_cast<std::uint32_t>(draw(random, 0, 3) == 0 ? draw(random, 1, 9) : draw(random, 1, 70));
  return {outputs * groups, groups, rows};
}

}  // namespace reprise::test
