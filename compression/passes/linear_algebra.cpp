#include "compression/passes/linear_algebra.h"

#include <dnnl.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "compression/passes/parallel.h"
#include "support/single_thread.h"

namespace reprise {
namespace {

constexpr Eigen::Index kBlock = 128;    // of a factorisation: what is within one goes to Eigen
constexpr Eigen::Index kLines = 256;    // of a product that one processor does at a time
constexpr Eigen::Index kColumns = 512;  // of a triangle at a time
constexpr double kWorthThreads = 2e7;   // multiplications

}  // namespace

void add_product(const ConstPart& a, const ConstPart& b, Transposed b_transposed, Part c, float factor) {
  const SingleThread single_thread;
  const bool is_transposed = b_transposed == Transposed::yes;
  if (a.size() == 0 || b.size() == 0) return;
  if (dnnl_sgemm('N', is_transposed ? 'T' : 'N', a.rows(), c.cols(), a.cols(), factor, a.data(), a.outerStride(),
                 b.data(), b.outerStride(), 1.0F, c.data(), c.outerStride()) != dnnl_success) {
    throw std::runtime_error("a matrix product failed");
  }
}

void add_product_in_parallel(const ConstPart& a, const ConstPart& b, Transposed b_transposed, Part c, float factor) {
  const double work = static_cast<double>(a.size()) * static_cast<double>(c.cols());
  if (work < kWorthThreads) return add_product(a, b, b_transposed, c, factor);
  in_parallel(static_cast<std::size_t>((a.rows() + kLines - 1) / kLines), [&](std::size_t job) {
    const auto first = static_cast<Eigen::Index>(job) * kLines;
    const Eigen::Index lines = std::min(kLines, a.rows() - first);
    add_product(a.middleRows(first, lines), b, b_transposed, c.middleRows(first, lines), factor);
  });
}

void add_product_with_upper(const ConstPart& a, const Matrix& b, Transposed b_transposed, Matrix& c) {
  const Eigen::Index size = b.rows();
  for (Eigen::Index first = 0; first < size; first += kColumns) {
    const Eigen::Index count = std::min(kColumns, size - first);
    const Eigen::Index end = first + count;
    if (b_transposed == Transposed::no) {
      add_product_in_parallel(a.leftCols(end), b.block(0, first, end, count), b_transposed, c.middleCols(first, count));
    } else {
      add_product_in_parallel(a.rightCols(size - first), b.block(first, first, count, size - first), b_transposed,
                              c.middleCols(first, count));
    }
  }
}

std::optional<Matrix> upper_root(const Matrix& matrix) {
  // The Cholesky factor of the matrix read backwards: block columns from the last to the first.
  const Eigen::Index size = matrix.rows();
  Matrix root = matrix.triangularView<Eigen::Upper>();
  for (Eigen::Index end = size; end > 0;) {
    const Eigen::Index first = std::max<Eigen::Index>(0, end - kBlock);
    const Eigen::Index count = end - first;
    const Matrix right = root.block(first, end, count, size - end);
    add_product_in_parallel(root.block(0, end, end, size - end), right, Transposed::yes,
                            root.block(0, first, end, count), -1.0F);
    const Matrix backwards = root.block(first, first, count, count).reverse();
    const Eigen::LLT<Matrix> factor(backwards);
    if (factor.info() != Eigen::Success) return std::nullopt;
    const Matrix diagonal = Matrix(factor.matrixL()).reverse();
    const Matrix inverse = diagonal.triangularView<Eigen::Upper>().solve(Matrix::Identity(count, count));
    const Matrix above = root.block(0, first, first, count);
    root.block(0, first, end, count).setZero();
    add_product_in_parallel(above, inverse, Transposed::yes, root.block(0, first, first, count));
    root.block(first, first, count, count) = diagonal;
    end = first;
  }
  return root;
}

Matrix inverse_of_upper(const Matrix& triangle) {
  // Columns do not depend on one another; each from its diagonal block upwards.
  const Eigen::Index size = triangle.rows();
  const auto blocks = static_cast<std::size_t>((size + kBlock - 1) / kBlock);
  const auto begin = [](std::size_t block) { return static_cast<Eigen::Index>(block) * kBlock; };
  const auto height = [&](std::size_t block) { return std::min(kBlock, size - begin(block)); };
  std::vector<Matrix> diagonal(blocks);
  for (std::size_t b = 0; b < blocks; ++b) {
    diagonal[b] = triangle.block(begin(b), begin(b), height(b), height(b))
                      .triangularView<Eigen::Upper>()
                      .solve(Matrix::Identity(height(b), height(b)));
  }
  Matrix inverse = Matrix::Zero(size, size);
  in_parallel(blocks, [&](std::size_t job) {
    const std::size_t column = blocks - 1 - job;  // the longest first
    inverse.block(begin(column), begin(column), height(column), height(column)) = diagonal[column];
    const Eigen::Index end = begin(column) + height(column);
    for (std::size_t row = column; row-- > 0;) {
      const Eigen::Index below = begin(row) + height(row);
      Matrix sum = Matrix::Zero(height(row), height(column));
      add_product(triangle.block(begin(row), below, height(row), end - below),
                  inverse.block(below, begin(column), end - below, height(column)), Transposed::no, sum);
      add_product(diagonal[row], sum, Transposed::no,
                  inverse.block(begin(row), begin(column), height(row), height(column)), -1.0F);
    }
  });
  return inverse;
}

}  // namespace reprise
