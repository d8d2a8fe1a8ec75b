#include "compression/passes/layer_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace reprise {
namespace {

/// Where the segment's weights of output `output` of its group begin.
std::size_t offset(const MatrixShape& shape, const Segment& segment, Eigen::Index output) {
  const auto in_layer =
      static_cast<std::size_t>(segment.group) * (shape.outputs / shape.groups) + static_cast<std::size_t>(output);
  return in_layer * shape.rows_per_group + static_cast<std::size_t>(segment.first_row);
}

}  // namespace

Matrix segment_weights(const FloatConvolution& convolution, const MatrixShape& shape, const Segment& segment) {
  Matrix weights(shape.outputs / shape.groups, segment.rows + 1);
  for (Eigen::Index output = 0; output < weights.rows(); ++output) {
    const std::size_t first = offset(shape, segment, output);
    for (int row = 0; row < segment.rows; ++row) {
      weights(output, row) = convolution.weights[first + static_cast<std::size_t>(row)];
    }
    weights(output, segment.rows) = convolution.bias[first / shape.rows_per_group];
  }
  return weights;
}

void set_segment_weights(const Matrix& weights, const Matrix& before, const MatrixShape& shape, const Segment& segment,
                         FloatConvolution& convolution) {
  for (Eigen::Index output = 0; output < weights.rows(); ++output) {
    const std::size_t first = offset(shape, segment, output);
    for (int row = 0; row < segment.rows; ++row) {
      convolution.weights[first + static_cast<std::size_t>(row)] = weights(output, row);
    }
    convolution.bias[first / shape.rows_per_group] += weights(output, segment.rows) - before(output, before.cols() - 1);
  }
}

std::vector<double> covering_steps(const FloatConvolution& convolution) {
  const std::size_t rows = convolution.weights.size() / convolution.bias.size();
  std::vector<double> steps;
  for (std::size_t output = 0; output < convolution.bias.size(); ++output) {
    double largest = 0.0;
    for (std::size_t row = 0; row < rows; ++row) {
      largest = std::max(largest, std::abs(double{convolution.weights[output * rows + row]}));
    }
    steps.push_back(largest > 0.0 ? largest / 127.0 : 1.0);
  }
  return steps;
}

}  // namespace reprise
