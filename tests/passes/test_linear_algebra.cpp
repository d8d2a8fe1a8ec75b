#include <catch2/catch.hpp>

#include <Eigen/Dense>

#include "compression/passes/linear_algebra.h"
#include "tests/passes/sample_layer.h"

// Against Eigen in double, at sizes below, at and above the blocks that the work is cut into.

namespace {

using namespace reprise;
using namespace reprise::test;

const std::vector<int> kSizes{1, 2, 127, 128, 129, 300, 513, 700};

/// Positive definite, well conditioned.
Matrix draw_metric(Random& random, int size) {
  const Matrix factor = draw_matrix(random, size, size);
  return Matrix(factor * factor.transpose() / static_cast<float>(size)) + Matrix(Matrix::Identity(size, size));
}

void check_near(const Dense& measured, const Dense& expected) {
  REQUIRE(measured.rows() == expected.rows());
  REQUIRE(measured.cols() == expected.cols());
  CHECK((measured - expected).norm() <= 1e-5 * expected.norm());
}

bool is_upper(const Matrix& matrix) {
  return matrix == Matrix(matrix.triangularView<Eigen::Upper>());
}

}  // namespace

TEST_CASE("The upper root of a matrix and its inverse") {
  Random random(1);
  for (const int size : kSizes) {
    INFO("size " << size);
    const Matrix metric = draw_metric(random, size);
    const auto root = upper_root(metric);
    REQUIRE(root);
    CHECK(is_upper(*root));
    check_near(root->cast<double>() * root->cast<double>().transpose(), metric.cast<double>());
    const Matrix inverse = inverse_of_upper(*root);
    CHECK(is_upper(inverse));
    check_near(root->cast<double>() * inverse.cast<double>(), Dense::Identity(size, size));
  }
}

TEST_CASE("A matrix that is not positive definite has no root") {
  Random random(2);
  for (const int size : kSizes) {
    INFO("size " << size);
    Matrix metric = draw_metric(random, size);
    metric(size / 2, size / 2) = -1.0F;
    CHECK(!upper_root(metric));
  }
}

TEST_CASE("Products with an upper triangle, and products of parts on all processors") {
  Random random(3);
  for (const int size : kSizes) {
    INFO("size " << size);
    const Matrix a = draw_matrix(random, 300, size);
    const Matrix triangle = draw_matrix(random, size, size).triangularView<Eigen::Upper>();
    const Matrix before = draw_matrix(random, 300, size);
    const Dense wide = a.cast<double>();
    const Dense upper = triangle.cast<double>();
    Matrix c = before;
    add_product_with_upper(a, triangle, Transposed::no, c);
    check_near(c.cast<double>(), before.cast<double>() + wide * upper);
    c = before;
    add_product_with_upper(a, triangle, Transposed::yes, c);
    check_near(c.cast<double>(), before.cast<double>() + wide * upper.transpose());
    c = before;
    const int half = size / 2;
    add_product_in_parallel(a.leftCols(half), triangle.block(0, half, half, size - half), Transposed::no,
                            c.rightCols(size - half), -2.0F);
    Dense expected = before.cast<double>();
    expected.rightCols(size - half) -= 2.0 * wide.leftCols(half) * upper.block(0, half, half, size - half);
    check_near(c.cast<double>(), expected);
  }
}
