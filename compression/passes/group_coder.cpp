#include "compression/passes/group_coder.h"

#include <algorithm>
#include <cmath>

namespace reprise {
namespace {

/// A row group in terms of a segment.
struct LocalGroup {
  std::vector<int> rows;
  std::vector<Eigen::Index> outputs;
};

LocalGroup localised(const RowGroup& group, const MatrixShape& matrix, const Segment& segment) {
  LocalGroup local;
  for (const std::uint32_t row : group.rows) {
    local.rows.push_back(static_cast<int>(row % matrix.rows_per_group) - segment.first_row);
  }
  for (const std::uint32_t output : group.outputs) {
    local.outputs.push_back(static_cast<Eigen::Index>(output % (matrix.outputs / matrix.groups)));
  }
  return local;
}

bool lies_in(const RowGroup& group, const MatrixShape& matrix, const Segment& segment) {
  const int row = static_cast<int>(group.rows.front() % matrix.rows_per_group) - segment.first_row;
  return static_cast<int>(group.rows.front() / matrix.rows_per_group) == segment.group && row >= 0 &&
         row < segment.rows;
}

Matrix gathered(const Matrix& weights, const LocalGroup& group) {
  Matrix result(group.outputs.size(), group.rows.size());
  for (std::size_t o = 0; o < group.outputs.size(); ++o) {
    for (std::size_t r = 0; r < group.rows.size(); ++r) {
      result(static_cast<Eigen::Index>(o), static_cast<Eigen::Index>(r)) = weights(group.outputs[o], group.rows[r]);
    }
  }
  return result;
}

/// The blocks of a segment in which errors are collected before they are folded on.
struct BlockWalk {
  int first = 0;
  int rows = 0;
  Matrix error;

  void begin(int at, int height, Eigen::Index outputs) {
    first = at;
    rows = height;
    error = Matrix::Zero(outputs, height);
  }
};

}  // namespace

void code_segment(const CompressedLayer& layer, const MatrixShape& matrix, const Segment& segment,
                  const Compensator& compensator, const Matrix& kept, bool compensated, GroupCoder& coder,
                  Matrix& weights, std::vector<GroupCode>& codes) {
  const Eigen::Index first_output = static_cast<Eigen::Index>(segment.group) * weights.rows();
  Eigen::VectorXf importance(weights.rows());
  for (Eigen::Index o = 0; o < weights.rows(); ++o) {
    const double step = layer.steps[static_cast<std::size_t>(first_output + o)];
    importance[o] = static_cast<float>(step * step);
  }
  const int unit_rows = static_cast<int>(
      std::max_element(layer.groups.begin(), layer.groups.end(), [](const RowGroup& a, const RowGroup& b) {
        return a.rows.size() < b.rows.size();
      })->rows.size());
  const int block_rows = layer.shapes ? layer.shapes->block_rows : unit_rows;
  BlockWalk block;
  const auto fold = [&] {
    if (!compensated || block.rows == 0) return;
    compensator.fold(block.error, block.first, weights);
    weights = weights.cwiseProduct(kept);
  };
  for (std::size_t g = 0; g < layer.groups.size(); ++g) {
    if (!lies_in(layer.groups[g], matrix, segment)) continue;
    const LocalGroup group = localised(layer.groups[g], matrix, segment);
    const int first = group.rows.front() / block_rows * block_rows;
    if (block.rows == 0 || first != block.first) {
      fold();
      block.begin(first, std::min(block_rows, segment.rows - first), weights.rows());
    }
    const Matrix before = gathered(weights, group);
    Eigen::VectorXf scale(before.rows());
    for (std::size_t o = 0; o < group.outputs.size(); ++o)
      scale[static_cast<Eigen::Index>(o)] = importance[group.outputs[o]];
    const Matrix root = compensator.error_root(group.rows, block.first, block.rows);
    const Matrix after = coder.replace(g, before, root, scale, codes[g]);
    for (std::size_t o = 0; o < group.outputs.size(); ++o) {
      for (std::size_t r = 0; r < group.rows.size(); ++r) {
        const auto i = static_cast<Eigen::Index>(o);
        const auto j = static_cast<Eigen::Index>(r);
        block.error(group.outputs[o], group.rows[r] - block.first) = before(i, j) - after(i, j);
        weights(group.outputs[o], group.rows[r]) = after(i, j);
      }
    }
  }
  fold();
}

}  // namespace reprise
