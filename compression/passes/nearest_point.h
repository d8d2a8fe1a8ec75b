#pragma once

#include <cstddef>
#include <vector>

#include "compression/passes/linear_algebra.h"

namespace reprise {

/// Some candidates (one a row of a matrix), laid out for fast searches among them. Results do not depend on the
/// processor.
class NearestPoint {
 public:
  struct Found {
    Eigen::Index candidate = -1;
    float cost = 0.0F;  ///< |candidate|^2 - 2 point . candidate: the squared distance less the point's own length
  };

  explicit NearestPoint(const Matrix& candidates);

  /// The candidate of least cost below that of `best`, otherwise `best`; of equal ones the first.
  Found search(const float* point, const Found& best) const;

 private:
  std::size_t rows_;
  std::size_t padded_;          // candidates, filled up to whole blocks
  std::vector<float> values_;   // [row][candidate]
  std::vector<float> lengths_;  // of what fills up: infinite
};

/// Points of which each knows how far the nearest of some seeds is; seeds are added one by one.
class SeedDistances {
 public:
  SeedDistances(const Matrix& points, const Eigen::VectorXf& weights);

  /// Weight times squared distance, summed; before the first seed the weights alone.
  double total() const;

  /// The first point at which the running sum passes `share` of the total; never one that adds nothing.
  Eigen::Index draw(double share) const;

  void add_seed(Eigen::Index point);

 private:
  std::size_t rows_;
  std::size_t count_;
  std::vector<float> values_;  // [row][point], filled up to whole blocks
  std::vector<float> weights_;
  std::vector<float> distances_;
  std::vector<float> masses_;
  std::vector<double> block_sums_;
};

}  // namespace reprise
