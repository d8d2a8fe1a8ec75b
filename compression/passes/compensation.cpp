#include "compression/passes/compensation.h"

#include <Eigen/Cholesky>
#include <cstddef>
#include <optional>
#include <utility>

#include "support/error.h"

namespace reprise {
namespace {

/// V with matrix = V V^T, an upper triangle: the Cholesky factor of the matrix read backwards. None where rounding
/// hides that the matrix is positive definite.
std::optional<Matrix> upper_root(const Matrix& matrix) {
  const Matrix backwards = matrix.reverse();
  const Eigen::LLT<Matrix> factor(backwards);
  if (factor.info() != Eigen::Success) return std::nullopt;
  return Matrix(factor.matrixL()).reverse();
}

void require_finite(const Matrix& statistics) {
  if (statistics.allFinite()) return;
  throw InputError("calibration: the statistics of a layer's inputs are not finite");
}

}  // namespace

Compensator::Compensator(InputStatistics statistics, double damping) : own_(std::move(statistics.own)) {
  require_finite(own_);
  require_finite(statistics.cross);
  difference_ = statistics.cross - own_;
  float added = static_cast<float>(damping) * own_.diagonal().mean() + 1e-12F;
  own_.diagonal().array() += added;
  std::optional<Matrix> root = upper_root(own_);
  while (!root) {
    require_finite(own_);
    own_.diagonal().array() += 9.0F * added;
    added *= 10.0F;
    root = upper_root(own_);
  }
  root_ = std::move(*root);
  inverse_root_ = root_.triangularView<Eigen::Upper>().solve(Matrix::Identity(own_.rows(), own_.cols()));
}

Matrix Compensator::retarget(const Matrix& original) const {
  // original * (own + difference) * own^-1
  Matrix moved = Matrix::Zero(original.rows(), original.cols());
  add_product(original, difference_, Transposed::no, moved);
  Matrix halfway = Matrix::Zero(original.rows(), original.cols());
  add_product(moved, inverse_root_, Transposed::yes, halfway);
  Matrix result = original;
  add_product(halfway, inverse_root_, Transposed::no, result);
  return result;
}

Matrix Compensator::inverse_block(int first, int count) const {
  // A product of columns of V^-1, which are empty below the diagonal.
  const Matrix columns = inverse_root_.block(0, first, first + count, count);
  return columns.transpose() * columns;
}

Matrix Compensator::error_root(const std::vector<int>& rows, int first, int count) const {
  Matrix touched(rows.size(), count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    touched.row(static_cast<Eigen::Index>(i)) = root_.row(rows[i]).segment(first, count);
  }
  const Matrix metric = touched * touched.transpose();
  return metric.llt().matrixL();
}

void Compensator::fold(const Matrix& error, int first, Matrix& weights) const {
  const auto count = error.cols();
  const auto rest = own_.rows() - first - count;
  const Matrix whitened = error * root_.block(first, first, count, count).triangularView<Eigen::Upper>();
  const Matrix towards = inverse_root_.block(first, first + count, count, rest);
  Matrix change = Matrix::Zero(error.rows(), rest);
  add_product(whitened, towards, Transposed::no, change);
  weights.rightCols(rest) -= change;
}

void Compensator::refit(const Matrix& target, const Matrix& free, Matrix& weights, int steps) const {
  const auto gradient = [&](const Matrix& direction) {
    Matrix product = Matrix::Zero(direction.rows(), direction.cols());
    add_product(direction, own_, Transposed::no, product);
    return Matrix(product.cwiseProduct(free));
  };
  const RowVector scale = own_.diagonal().cwiseInverse().transpose();
  Matrix residual = gradient(target - weights);
  Matrix conditioned = residual.array().rowwise() * scale.array();
  Matrix direction = conditioned;
  Eigen::VectorXf strength = residual.cwiseProduct(conditioned).rowwise().sum();
  for (int step = 0; step < steps; ++step) {
    const Matrix product = gradient(direction);
    Eigen::VectorXf length = strength.cwiseQuotient(direction.cwiseProduct(product).rowwise().sum().cwiseMax(1e-30F));
    weights += (direction.array().colwise() * length.array()).matrix();
    residual -= (product.array().colwise() * length.array()).matrix();
    conditioned = residual.array().rowwise() * scale.array();
    const Eigen::VectorXf next = residual.cwiseProduct(conditioned).rowwise().sum();
    const Eigen::VectorXf ratio = next.cwiseQuotient(strength.cwiseMax(1e-30F));
    direction = conditioned + (direction.array().colwise() * ratio.array()).matrix();
    strength = next;
  }
}

Eigen::VectorXf Compensator::square_error(const Matrix& target, const Matrix& weights) const {
  const Matrix error = target - weights;
  Matrix product = Matrix::Zero(error.rows(), error.cols());
  add_product(error, own_, Transposed::no, product);
  return error.cwiseProduct(product).rowwise().sum();
}

}  // namespace reprise
