#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "compression/passes/clustering.h"
#include "tests/passes/sample_layer.h"

namespace {

using namespace reprise;
using namespace reprise::test;

/// Points around some centres that are far apart.
struct Clusters {
  Matrix centres;
  Matrix points;
  std::vector<Eigen::Index> centre_of;
};

Clusters draw_clusters(Random& random, int count) {
  Clusters clusters;
  const int columns = draw(random, 1, 9);
  clusters.centres = draw_matrix(random, count, columns);
  for (int c = 0; c < count; ++c) clusters.centres(c, 0) += 1000.0F * static_cast<float>(c);
  clusters.points.resize(count * 5, columns);
  for (int i = 0; i < count * 5; ++i) {
    clusters.centre_of.push_back(i % count);
    clusters.points.row(i) = clusters.centres.row(i % count) + 0.1F * draw_matrix(random, 1, columns);
  }
  return clusters;
}

}  // namespace

TEST_CASE("Seeds of a clustering differ") {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Matrix points = draw_matrix(random, draw(random, 1, 30), draw(random, 1, 4));
    for (Eigen::Index i = 1; i < points.rows(); i += 2) points.row(i) = points.row(i / 2);  // many are equal
    const int count = draw(random, 1, 40);
    const auto seeds = spread_seeds(points, Eigen::VectorXf::Ones(points.rows()), count, seed);
    std::set<std::vector<float>> distinct;
    for (Eigen::Index i = 0; i < points.rows(); ++i) {
      distinct.insert(std::vector<float>(points.row(i).begin(), points.row(i).end()));
    }
    std::set<std::vector<float>> chosen;
    for (const Eigen::Index i : seeds) {
      chosen.insert(std::vector<float>(points.row(i).begin(), points.row(i).end()));
    }
    CHECK(chosen.size() == seeds.size());
    CHECK(seeds.size() == std::min<std::size_t>(static_cast<std::size_t>(count), distinct.size()));
  }
}

TEST_CASE("Points without weight are no seeds") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Matrix points = draw_matrix(random, 20, 3);
    Eigen::VectorXf weights(20);
    for (float& weight : weights) weight = draw(random, 0, 1) == 0 ? 0.0F : 2.0F;
    for (const Eigen::Index i : spread_seeds(points, weights, 20, seed)) CHECK(weights[i] > 0.0F);
  }
}

TEST_CASE("Seeds are spread: each of some clusters far apart has one") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Clusters clusters = draw_clusters(random, draw(random, 1, 6));
    const auto count = static_cast<int>(clusters.centres.rows());
    std::set<Eigen::Index> met;
    const auto all_alike = Eigen::VectorXf::Ones(clusters.points.rows());
    for (const Eigen::Index i : spread_seeds(clusters.points, all_alike, count, seed)) {
      met.insert(clusters.centre_of[static_cast<std::size_t>(i)]);
    }
    CHECK(met.size() == static_cast<std::size_t>(count));
  }
}

TEST_CASE("The centroids of clusters are their weighted means") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Clusters clusters = draw_clusters(random, draw(random, 1, 6));
    Eigen::VectorXf weights(clusters.points.rows());
    for (float& weight : weights) weight = static_cast<float>(draw(random, 1, 5));
    const auto count = static_cast<int>(clusters.centres.rows());
    const Matrix centroids = cluster(clusters.points, weights, count, 3, seed);
    REQUIRE(centroids.rows() == count);
    for (Eigen::Index c = 0; c < count; ++c) {
      RowVector mean = RowVector::Zero(clusters.points.cols());
      float mass = 0.0F;
      for (Eigen::Index i = 0; i < clusters.points.rows(); ++i) {
        if (clusters.centre_of[static_cast<std::size_t>(i)] != c) continue;
        mean += weights[i] * clusters.points.row(i);
        mass += weights[i];
      }
      mean /= mass;
      CHECK((centroids.rowwise() - mean).rowwise().norm().minCoeff() < 1e-3F * (1.0F + mean.norm()));
    }
  }
}

TEST_CASE("Two points and two centroids, by hand") {
  Matrix points(4, 2);
  points << 0, 0, 0, 2, 10, 0, 10, 4;
  Eigen::VectorXf weights(4);
  weights << 1, 1, 1, 3;
  Matrix centroids = cluster(points, weights, 2, 5, 7);
  REQUIRE(centroids.rows() == 2);
  if (centroids(0, 0) > 5.0F) centroids.row(0).swap(centroids.row(1));
  CHECK(centroids(0, 0) == 0.0F);
  CHECK(centroids(0, 1) == 1.0F);
  CHECK(centroids(1, 0) == 10.0F);
  CHECK(centroids(1, 1) == 3.0F);
}

TEST_CASE("A clustering of nothing is empty") {
  CHECK(spread_seeds(Matrix(0, 4), Eigen::VectorXf(0), 3, 1).empty());
  CHECK(cluster(Matrix(0, 4), Eigen::VectorXf(0), 3, 5, 1).rows() == 0);
  CHECK(spread_seeds(Matrix::Ones(4, 2), Eigen::VectorXf::Zero(4), 3, 1).empty());
}

TEST_CASE("A clustering is the same every time") {
  Random random(3);
  const Matrix points = draw_matrix(random, 100, 5);
  const Eigen::VectorXf weights = Eigen::VectorXf::Ones(100);
  CHECK(cluster(points, weights, 7, 4, 11) == cluster(points, weights, 7, 4, 11));
  CHECK(cluster(points, weights, 7, 4, 11) != cluster(points, weights, 7, 4, 12));
}
