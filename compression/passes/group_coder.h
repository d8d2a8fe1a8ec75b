#pragma once

#include <cstddef>
#include <vector>

#include "compression/passes/compensation.h"
#include "compression/passes/compressed_layer.h"
#include "compression/passes/layer_inputs.h"

namespace reprise {

/// Replaces the weights of one row group by others that the hardware stores in less.
class GroupCoder {
 public:
  virtual ~GroupCoder() = default;

  /// `weights` are [output of the group][row of the group] in steps of each output. An error e (a line, in steps) of
  /// output o costs importance[o] * |e root|^2. Returns integers of -127..127 and says in `code` how they are made.
  virtual Matrix replace(std::size_t group, const Matrix& weights, const Matrix& root,
                         const Eigen::VectorXf& importance, GroupCode& code) = 0;
};

/// Goes through the row groups of a segment in their order, replaces each and folds the error into the weights that
/// follow, `compensated` permitting. `weights` (steps, [output of the group][row + bias]) become what was chosen;
/// `kept` are 1 where a weight may differ from 0; empty: all may. Segments may be coded at the same time if their
/// coder's `replace` permits.
void code_segment(const CompressedLayer& layer, const MatrixShape& matrix, const Segment& segment,
                  const Compensator& compensator, const Matrix& kept, bool compensated, GroupCoder& coder,
                  Matrix& weights, std::vector<GroupCode>& codes);

}  // namespace reprise
