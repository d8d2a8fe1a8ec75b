#pragma once

#include <Eigen/Core>

/// Eigen's types under our names. Heavy: only for the passes' own use.
namespace reprise {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowVector = Eigen::Matrix<float, 1, Eigen::Dynamic>;

enum class Transposed { no, yes };

/// c += a * b, or a * b^T; on the calling thread, the sums always in the same order.
void add_product(const Matrix& a, const Matrix& b, Transposed b_transposed, Matrix& c);

}  // namespace reprise
