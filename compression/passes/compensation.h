#pragma once

#include <vector>

#include "compression/passes/linear_algebra.h"

namespace reprise {

/// Second-order statistics of what a convolution's im2col rows carry over calibration windows, means over the windows.
/// The last row and column belong to an input that is always 1: the bias is a weight like any other.
struct InputStatistics {
  Matrix own;    ///< [rows + 1][rows + 1]: E[x x^T] in the network under compression
  Matrix cross;  ///< E[x0 x^T], x0 the same input in the original network
};

/// Error compensation of the optimal-brain family (Hassibi and Stork, 1993; in blocks as in Frantar and Alistarh,
/// 2022): weights are replaced block by block, and each block's error is folded into the weights that are still free,
/// such that the error of the layer's output, over the calibration inputs, grows least.
///
/// Weights are [output][rows + 1], in any unit; outputs do not influence one another.
class Compensator {
 public:
  /// `damping` times the mean of the diagonal is added to the diagonal; ten times as much, or a hundred, where that is
  /// too little for single precision. Throws InputError for statistics that are not finite.
  Compensator(InputStatistics statistics, double damping);

  /// The weights that make the output on the network's own inputs nearest to `original` on the original inputs.
  Matrix retarget(const Matrix& original) const;

  /// The rows first .. first + count - 1 of the inverse of the statistics, and the same columns. B being the part of it
  /// for some rows, w^T B^-1 w is how much an output's mean square error grows if its weights w in these rows are set
  /// to zero and all others adapt.
  Matrix inverse_block(int first, int count) const;

  /// What errors e in `rows`, all of first .. first + count - 1, cost if only the rows after these adapt: |e L|^2 with
  /// the lower triangle L.
  Matrix error_root(const std::vector<int>& rows, int first, int count) const;

  /// Folds errors (weight that was - weight that is now) of rows first.. into the rows after them.
  void fold(const Matrix& error, int first, Matrix& weights) const;

  /// The same in two steps, so that the errors of several blocks may go into far rows together: what folds onwards, and
  /// its folding into the rows begin .. end - 1 (counting that of the bias), all after those that the errors are in.
  Matrix whitened(const Matrix& error, int first) const;
  void fold_whitened(const ConstPart& whitened, int first, int begin, int end, Matrix& weights) const;

  /// Moves the free weights (free[output][row] != 0) to where the output differs least from that of `target`;
  /// conjugate gradients.
  void refit(const Matrix& target, const Matrix& free, Matrix& weights, int steps) const;

  /// Each output's mean square error where `weights` stand for `target`.
  Eigen::VectorXf square_error(const Matrix& target, const Matrix& weights) const;

  int rows() const { return static_cast<int>(own_.rows()) - 1; }

 private:
  Matrix own_;           // damped
  Matrix difference_;    // cross - own, undamped; empty where they are equal
  Matrix root_;          // V, upper triangle, own = V V^T
  Matrix inverse_root_;  // V^-1, upper triangle; own^-1 = V^-T V^-1
};

}  // namespace reprise
