#pragma once

#include <cstdint>
#include <vector>

#include "compression/passes/linear_algebra.h"

namespace reprise {

/// `count` of the points (one a row), spread out: each next one is drawn with a probability that grows with its weight
/// and its squared distance from those drawn before (k-means++, Arthur and Vassilvitskii, 2007). Fewer if fewer differ.
std::vector<Eigen::Index> spread_seeds(const Matrix& points, const Eigen::VectorXf& weights, int count,
                                       std::uint64_t seed);

/// Centroids of the points, one a row: at most `count`, after `rounds` rounds of k-means.
Matrix cluster(const Matrix& points, const Eigen::VectorXf& weights, int count, int rounds, std::uint64_t seed);

}  // namespace reprise
