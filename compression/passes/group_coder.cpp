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

/// Errors on their way through a segment: those of a block are collected, then folded into the next few blocks at once
/// and into the far rows together with the errors of those blocks, in one large product.
class ErrorFold {
 public:
  ErrorFold(const Compensator& compensator, const Matrix& kept, int block_rows, Matrix& weights)
      : compensator_(compensator),
        kept_(kept),
        window_rows_(std::max(kWindowRows / block_rows, 1) * block_rows),
        weights_(weights) {}

  /// The block that errors belong to from here on, `rows` from `first` on; blocks ascend.
  void enter(int first, int rows) {
    finish_block();
    if (first >= window_end_) {
      finish_window();
      window_first_ = first;
      window_end_ = std::min(first + window_rows_, static_cast<int>(weights_.cols()) - 1);
      whitened_ = Matrix::Zero(weights_.rows(), window_end_ - window_first_);
    }
    first_ = first;
    error_ = Matrix::Zero(weights_.rows(), rows);
  }

  int first() const { return first_; }
  int rows() const { return static_cast<int>(error_.cols()); }
  float& error(Eigen::Index output, int row) { return error_(output, row - first_); }

  void finish() {
    finish_block();
    finish_window();
  }

 private:
  static constexpr int kWindowRows = 144;

  void finish_block() {
    if (error_.cols() == 0) return;
    auto here = whitened_.middleCols(first_ - window_first_, rows());
    here = compensator_.whitened(error_, first_);
    fold(here, first_, first_ + rows(), window_end_);
    error_.resize(0, 0);
  }

  void finish_window() {
    if (whitened_.cols() == 0) return;
    fold(whitened_, window_first_, window_end_, static_cast<int>(weights_.cols()));
    whitened_.resize(0, 0);
  }

  void fold(const ConstPart& whitened, int first, int begin, int end) {
    if (begin >= end) return;
    compensator_.fold_whitened(whitened, first, begin, end, weights_);
    if (kept_.size() == 0) return;
    weights_.middleCols(begin, end - begin) =
        weights_.middleCols(begin, end - begin).cwiseProduct(kept_.middleCols(begin, end - begin));
  }

  const Compensator& compensator_;
  const Matrix& kept_;
  const int window_rows_;
  Matrix& weights_;
  Matrix whitened_;  // of the window, zero where no block has been
  Matrix error_;     // of the block
  int window_first_ = 0;
  int window_end_ = 0;
  int first_ = -1;
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
  ErrorFold fold(compensator, kept, block_rows, weights);
  for (std::size_t g = 0; g < layer.groups.size(); ++g) {
    if (!lies_in(layer.groups[g], matrix, segment)) continue;
    const LocalGroup group = localised(layer.groups[g], matrix, segment);
    const int first = group.rows.front() / block_rows * block_rows;
    const int height = std::min(block_rows, segment.rows - first);
    if (compensated && first != fold.first()) fold.enter(first, height);
    const Matrix before = gathered(weights, group);
    Eigen::VectorXf scale(before.rows());
    for (std::size_t o = 0; o < group.outputs.size(); ++o)
      scale[static_cast<Eigen::Index>(o)] = importance[group.outputs[o]];
    const Matrix root = compensator.error_root(group.rows, first, height);
    const Matrix after = coder.replace(g, before, root, scale, codes[g]);
    for (std::size_t o = 0; o < group.outputs.size(); ++o) {
      for (std::size_t r = 0; r < group.rows.size(); ++r) {
        const auto i = static_cast<Eigen::Index>(o);
        const auto j = static_cast<Eigen::Index>(r);
        if (compensated) fold.error(group.outputs[o], group.rows[r]) = before(i, j) - after(i, j);
        weights(group.outputs[o], group.rows[r]) = after(i, j);
      }
    }
  }
  fold.finish();
}

}  // namespace reprise
