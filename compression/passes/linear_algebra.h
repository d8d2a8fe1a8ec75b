#pragma once

#include <Eigen/Core>
#include <optional>

/// Eigen's types under our names. Heavy: only for the passes' own use.
namespace reprise {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowVector = Eigen::Matrix<float, 1, Eigen::Dynamic>;

/// A matrix or a block of one.
using Part = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;
using ConstPart = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;

enum class Transposed { no, yes };

/// c += factor * a * b, or factor * a * b^T; on the calling thread, the sums always in the same order.
void add_product(const ConstPart& a, const ConstPart& b, Transposed b_transposed, Part c, float factor = 1.0F);

/// The same on all processors: some lines of c on each, always cut in the same way.
void add_product_in_parallel(const ConstPart& a, const ConstPart& b, Transposed b_transposed, Part c,
                             float factor = 1.0F);

/// c += a * b, or a * b^T, where b is an upper triangle with zeros below it; on all processors.
void add_product_with_upper(const ConstPart& a, const Matrix& b, Transposed b_transposed, Matrix& c);

/// V, an upper triangle, with matrix = V V^T; below it are zeros. On all processors. None where the matrix is not
/// positive definite, or rounding hides that it is.
std::optional<Matrix> upper_root(const Matrix& matrix);

/// The inverse of an upper triangle; on all processors.
Matrix inverse_of_upper(const Matrix& triangle);

}  // namespace reprise
