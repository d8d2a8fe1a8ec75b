#include "compression/passes/clustering.h"

#include "compression/passes/nearest_point.h"

namespace reprise {
namespace {

/// 0..1, by SplitMix64 (Steele, Lea and Flood, 2014) of a counter.
double uniform(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1.0p-53;
}

}  // namespace

std::vector<Eigen::Index> spread_seeds(const Matrix& points, const Eigen::VectorXf& weights, int count,
                                       std::uint64_t seed) {
  std::vector<Eigen::Index> seeds;
  SeedDistances distances(points, weights);
  while (static_cast<int>(seeds.size()) < count && distances.total() > 0.0) {
    seeds.push_back(distances.draw(uniform(seed, seeds.size())));
    distances.add_seed(seeds.back());
  }
  return seeds;
}

Matrix cluster(const Matrix& points, const Eigen::VectorXf& weights, int count, int rounds, std::uint64_t seed) {
  const std::vector<Eigen::Index> seeds = spread_seeds(points, weights, count, seed);
  Matrix centroids(static_cast<Eigen::Index>(seeds.size()), points.cols());
  for (std::size_t i = 0; i < seeds.size(); ++i) centroids.row(static_cast<Eigen::Index>(i)) = points.row(seeds[i]);
  for (int round = 0; round < rounds && centroids.rows() > 0; ++round) {
    Matrix sums = Matrix::Zero(centroids.rows(), centroids.cols());
    Eigen::VectorXf mass = Eigen::VectorXf::Zero(centroids.rows());
    for (Eigen::Index i = 0; i < points.rows(); ++i) {
      Eigen::Index nearest = 0;
      (centroids.rowwise() - points.row(i)).rowwise().squaredNorm().minCoeff(&nearest);
      sums.row(nearest) += weights[i] * points.row(i);
      mass[nearest] += weights[i];
    }
    for (Eigen::Index c = 0; c < centroids.rows(); ++c) {
      if (mass[c] > 0.0F) centroids.row(c) = sums.row(c) / mass[c];
    }
  }
  return centroids;
}

}  // namespace reprise
