#include <catch2/catch.hpp>

#include <Eigen/Dense>
#include <limits>

#include "support/error.h"
#include "tests/passes/sample_layer.h"

// Against dense least squares over the input windows themselves, in double.

namespace {

using namespace reprise;
using namespace reprise::test;

constexpr double kDamping = 0.01;

/// One problem: windows, and the same with what the damping adds, whose products are the damped statistics.
struct Problem {
  Matrix own;
  Matrix original;
  Dense damped;  ///< [rows + 1][windows + rows + 1]
  Matrix weights;
  Compensator compensator;
};

Dense damped_windows(const Matrix& windows) {
  const Dense x = windows.cast<double>() / std::sqrt(static_cast<double>(windows.cols()));
  const double mean = x.rowwise().squaredNorm().mean();
  Dense result(x.rows(), x.cols() + x.rows());
  result << x, std::sqrt(kDamping * mean + 1e-12) * Dense::Identity(x.rows(), x.rows());
  return result;
}

Problem draw_problem(Random& random, int most_rows = 40) {
  const int rows = draw(random, 1, most_rows);
  const int windows = draw(random, 1, 3 * rows);  // often fewer than rows: singular but for the damping
  const Matrix own = draw_inputs(random, rows, windows);
  Matrix original = own + 0.3F * draw_matrix(random, rows + 1, windows);
  original.bottomRows(1).setOnes();
  return {own, original, damped_windows(own), draw_matrix(random, draw(random, 1, 5), rows + 1),
          Compensator(statistics_of(own, original), kDamping)};
}

/// The rows of x that change a * x by least when they replace it: min |(b - x a)|, by a decomposition of a.
Dense least_squares(const Dense& a, const Dense& b) {
  return a.transpose().colPivHouseholderQr().solve(b.transpose()).transpose();
}

void check_near(const Dense& measured, const Dense& expected, double tolerance = 5e-3) {
  REQUIRE(measured.rows() == expected.rows());
  REQUIRE(measured.cols() == expected.cols());
  CHECK((measured - expected).norm() <= tolerance * (expected.norm() + 1e-3));
}

double square(const Dense& error, const Dense& windows) {
  return (error * windows).squaredNorm();
}

}  // namespace

TEST_CASE("Blocks of the inverse statistics") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random);
    const Dense inverse = (problem.damped * problem.damped.transpose()).inverse();
    const int rows = problem.compensator.rows();
    const int first = draw(random, 0, rows - 1);
    const int count = draw(random, 1, rows - first);
    check_near(problem.compensator.inverse_block(first, count).cast<double>(),
               inverse.block(first, first, count, count));
  }
}

TEST_CASE("Weights retargeted to the inputs there are") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random);
    const Dense weights = problem.weights.cast<double>();
    // Outputs as on the original inputs; the damping holds the weights where they were.
    Dense wanted(weights.rows(), problem.damped.cols());
    const Eigen::Index rows = weights.cols();
    wanted << weights * problem.original.cast<double>() / std::sqrt(static_cast<double>(problem.own.cols())),
        weights * problem.damped.rightCols(rows);
    check_near(problem.compensator.retarget(problem.weights).cast<double>(), least_squares(problem.damped, wanted),
               2e-2);
  }
}

TEST_CASE("Retargeting changes nothing where the inputs are the original ones") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random);
    const Compensator compensator(statistics_of(problem.own, problem.own), kDamping);
    check_near(compensator.retarget(problem.weights).cast<double>(), problem.weights.cast<double>(), 1e-6);
  }
}

TEST_CASE("Folding a zeroed block on is the best update of the weights after it") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random);
    const int rows = problem.compensator.rows();
    const int first = draw(random, 0, rows - 1);
    const int count = draw(random, 1, rows - first);
    const Eigen::Index rest = rows + 1 - first - count;
    Matrix after = problem.weights;
    after.middleCols(first, count).setZero();
    const Matrix error = problem.weights.middleCols(first, count);
    problem.compensator.fold(error, first, after);
    const Dense removed = error.cast<double>() * problem.damped.middleRows(first, count);
    const Dense update = least_squares(problem.damped.bottomRows(rest), removed);
    CHECK(after.leftCols(first) == problem.weights.leftCols(first));
    CHECK(after.middleCols(first, count).isZero(0.0F));
    check_near((after - problem.weights).rightCols(rest).cast<double>(), update, 1e-2);
  }
}

TEST_CASE("What an error costs when only the weights after its block adapt") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random);
    const int first = draw(random, 0, problem.compensator.rows() - 1);
    const int count = draw(random, 1, problem.compensator.rows() - first);
    std::vector<int> rows;
    for (int row = first; row < first + count; ++row) {
      if (row == first || draw(random, 0, 1) == 1) rows.push_back(row);
    }
    Matrix error = Matrix::Zero(1, count);
    Matrix short_error(1, rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const float value = draw_matrix(random, 1, 1)(0, 0);
      error(0, rows[i] - first) = value;
      short_error(0, static_cast<Eigen::Index>(i)) = value;
    }
    const Dense removed = error.cast<double>() * problem.damped.middleRows(first, count);
    const Dense tail = problem.damped.bottomRows(problem.damped.rows() - first - count);
    const double expected = (removed - least_squares(tail, removed) * tail).squaredNorm();
    const Matrix root = problem.compensator.error_root(rows, first, count);
    CHECK(double{(short_error * root).squaredNorm()} == Approx(expected).epsilon(2e-2));
    CHECK(Matrix(root.triangularView<Eigen::StrictlyUpper>()).isZero(0.0F));
  }
}

TEST_CASE("Refitting converges to the optimum of the weights that are free") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random, 20);
    const Matrix& target = problem.weights;
    Matrix free(target.rows(), target.cols());
    for (Eigen::Index i = 0; i < free.size(); ++i) free.data()[i] = draw(random, 0, 2) == 0 ? 0.0F : 1.0F;
    Matrix weights = target.cwiseProduct(free);
    problem.compensator.refit(target, free, weights, 60);
    CHECK(weights.cwiseProduct(Matrix::Ones(free.rows(), free.cols()) - free).isZero(0.0F));
    for (Eigen::Index output = 0; output < target.rows(); ++output) {
      Dense windows(0, problem.damped.cols());
      for (Eigen::Index row = 0; row < free.cols(); ++row) {
        if (free(output, row) == 0.0F) continue;
        windows.conservativeResize(windows.rows() + 1, Eigen::NoChange);
        windows.bottomRows(1) = problem.damped.row(row);
      }
      const Dense wanted = target.row(output).cast<double>() * problem.damped;
      Dense left = wanted;
      if (windows.rows() > 0) left -= least_squares(windows, wanted) * windows;
      const double reached = square((target - weights).row(output).cast<double>(), problem.damped);
      CHECK(reached <= left.squaredNorm() * 1.001 + 1e-6 * wanted.squaredNorm());
    }
  }
}

TEST_CASE("Square error, by hand") {
  Matrix own(2, 2);
  own << 2, 1, 1, 3;
  const Compensator compensator({own, own}, 0.2);  // the mean of the diagonal is 2.5: 0.5 is added
  Matrix target(2, 2);
  target << 1, 2, 5, 5;
  Matrix weights(2, 2);
  weights << 0, 0, 4, 6;
  const Eigen::VectorXf error = compensator.square_error(target, weights);
  CHECK(error[0] == Approx(2.5 + 2 * 2 * 1 + 4 * 3.5));
  CHECK(error[1] == Approx(2.5 - 2 * 1 + 3.5));
}

TEST_CASE("The cost of a removal is what the inverse statistics say") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Problem problem = draw_problem(random, 20);
    const int rows = problem.compensator.rows();
    const int first = draw(random, 0, rows - 1);
    const int count = draw(random, 1, rows - first);
    const Dense removed = problem.weights.row(0).middleCols(first, count).cast<double>();
    const Dense block = problem.compensator.inverse_block(first, count).cast<double>();
    const double said = (removed * block.inverse() * removed.transpose())(0, 0);
    Dense others(problem.damped.rows() - count, problem.damped.cols());
    others << problem.damped.topRows(first), problem.damped.bottomRows(problem.damped.rows() - first - count);
    const Dense lost = removed * problem.damped.middleRows(first, count);
    CHECK(said == Approx((lost - least_squares(others, lost) * others).squaredNorm()).epsilon(2e-2));
  }
}

TEST_CASE("Inputs that are always zero, or always the same") {
  for (const float value : {0.0F, 1.0F, 1e4F}) {
    INFO("inputs of " << value);
    Matrix inputs = Matrix::Constant(400, 30, value);
    inputs.bottomRows(1).setOnes();
    const InputStatistics statistics = statistics_of(inputs, inputs);
    Random random(1);
    const Matrix weights = draw_matrix(random, 3, 400);
    const Compensator compensator(statistics, 1e-6);  // less than single precision can hold
    CHECK(compensator.retarget(weights).allFinite());
    Matrix after = weights;
    after.leftCols(200).setZero();
    const Eigen::VectorXf before = compensator.square_error(weights, after);
    compensator.fold(weights.leftCols(200), 0, after);
    CHECK(after.allFinite());
    CHECK(after.leftCols(200).isZero(0.0F));
    if (value > 0.0F) CHECK(compensator.square_error(weights, after).sum() < 0.1F * before.sum());
    Matrix free = Matrix::Ones(3, 400);
    free.leftCols(200).setZero();
    compensator.refit(weights, free, after, 30);
    CHECK(after.allFinite());
  }
}

TEST_CASE("Statistics that are not finite are refused") {
  for (const float value : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Matrix own = Matrix::Identity(4, 4);
    own(1, 1) = value;
    const Matrix sound = Matrix::Identity(4, 4);
    CHECK_THROWS_AS(Compensator({own, sound}, 0.01), InputError);
    CHECK_THROWS_AS(Compensator({sound, own}, 0.01), InputError);
  }
}
