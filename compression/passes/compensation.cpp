#include "compression/passes/compensation.h"

#include <Eigen/Cholesky>
#include <optional>
#include <utility>

#include "support/error.h"

namespace reprise {
namespace {

void require_finite(const Matrix& statistics) {
  if (statistics.allFinite()) return;
  throw InputError("calibration: the statistics of a layer's inputs are not finite");
}

}  // namespace

Compensator::Compensator(InputStatistics statistics, double damping) : own_(std::move(statistics.own)) {
  require_finite(own_);
  require_finite(statistics.cross);
  if (statistics.cross != own_) difference_ = statistics.cross - own_;
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
  inverse_root_ = inverse_of_upper(root_);
}

Matrix Compensator::retarget(const Matrix& original) const {
  if (difference_.size() == 0) return original;
  // original * (own + difference) * own^-1
  Matrix moved = Matrix::Zero(original.rows(), original.cols());
  add_product_in_parallel(original, difference_, Transposed::no, moved);
  Matrix halfway = Matrix::Zero(original.rows(), original.cols());
  add_product_with_upper(moved, inverse_root_, Transposed::yes, halfway);
  Matrix result = original;
  add_product_with_upper(halfway, inverse_root_, Transposed::no, result);
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

Matrix Compensator::whitened(const Matrix& error, int first) const {
  return error * root_.block(first, first, error.cols(), error.cols()).triangularView<Eigen::Upper>();
}

void Compensator::fold_whitened(const ConstPart& whitened, int first, int begin, int end, Matrix& weights) const {
  add_product_in_parallel(whitened, inverse_root_.block(first, begin, whitened.cols(), end - begin), Transposed::no,
                          weights.middleCols(begin, end - begin), -1.0F);
}

void Compensator::fold(const Matrix& error, int first, Matrix& weights) const {
  fold_whitened(whitened(error, first), first, first + static_cast<int>(error.cols()), static_cast<int>(weights.cols()),
                weights);
}

void Compensator::refit(const Matrix& target, const Matrix& free, Matrix& weights, int steps) const {
  const auto gradient = [&](const Matrix& direction) {
    Matrix product = Matrix::Zero(direction.rows(), direction.cols());
    add_product_in_parallel(direction, own_, Transposed::no, product);
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
  Matrix whitened = Matrix::Zero(error.rows(), error.cols());
  add_product_with_upper(error, root_, Transposed::no, whitened);
  return whitened.rowwise().squaredNorm();
}

}  // namespace reprise
