#include <catch2/catch.hpp>

#include <numeric>

#include "compression/passes/nearest_point.h"
#include "tests/passes/sample_layer.h"

// Candidates and points in whole numbers: all sums are exact, so that a plain search says which is nearest, ties
// included.

namespace {

using namespace reprise;
using namespace reprise::test;

Matrix draw_integers(Random& random, int rows, int columns) {
  Matrix result(rows, columns);
  for (Eigen::Index i = 0; i < result.size(); ++i) result.data()[i] = static_cast<float>(draw(random, -4, 4));
  return result;
}

float cost_of(const Matrix& candidates, Eigen::Index candidate, const Matrix& points, Eigen::Index point) {
  return candidates.row(candidate).squaredNorm() - 2.0F * candidates.row(candidate).dot(points.row(point));
}

}  // namespace

TEST_CASE("The nearest point of many, the first of equal ones") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int columns = draw(random, 0, 1) == 0 ? 9 : draw(random, 1, 20);
    const Matrix candidates = draw_integers(random, draw(random, 0, 200), columns);
    const Matrix points = draw_integers(random, 5, columns);
    const NearestPoint nearest(candidates);
    for (Eigen::Index point = 0; point < points.rows(); ++point) {
      NearestPoint::Found expected{-1, static_cast<float>(draw(random, -60, 1))};
      const auto found = nearest.search(points.row(point).data(), expected);
      for (Eigen::Index c = 0; c < candidates.rows(); ++c) {
        const float cost = cost_of(candidates, c, points, point);
        if (cost < expected.cost) expected = {c, cost};
      }
      CHECK(found.candidate == expected.candidate);
      CHECK(found.cost == expected.cost);
    }
  }
}

TEST_CASE("Distances to the nearest seed, and draws by them") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int columns = draw(random, 0, 1) == 0 ? 9 : draw(random, 1, 20);
    const Matrix points = draw_integers(random, draw(random, 1, 150), columns);
    Eigen::VectorXf weights(points.rows());
    for (float& weight : weights) weight = static_cast<float>(draw(random, 0, 3));
    SeedDistances distances(points, weights);
    std::vector<double> masses(weights.begin(), weights.end());
    std::vector<double> squares(masses.size(), 1e30);
    for (int step = 0; step < 6; ++step) {
      const double total = std::accumulate(masses.begin(), masses.end(), 0.0);
      CHECK(distances.total() == total);
      if (total == 0.0) break;
      const double share = (draw(random, 0, 9999) + 0.5) / 10000.0;
      std::size_t expected = 0;
      for (double sum = masses[0]; sum <= share * total; sum += masses[expected]) ++expected;
      CHECK(distances.draw(share) == static_cast<Eigen::Index>(expected));
      CHECK(masses[static_cast<std::size_t>(distances.draw(1.0))] > 0.0);
      distances.add_seed(static_cast<Eigen::Index>(expected));
      for (std::size_t i = 0; i < masses.size(); ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        const double square = double{(points.row(row) - points.row(static_cast<Eigen::Index>(expected))).squaredNorm()};
        squares[i] = std::min(squares[i], square);
        masses[i] = double{weights[row]} * squares[i];
      }
    }
  }
}
