#include "compression/passes/nearest_point.h"

#include <limits>

#include "support/vector_clones.h"

namespace reprise {
namespace {

constexpr std::size_t kLanes = 32;
constexpr std::size_t kUsualRows = 9;  // of a row group; known sizes stay in registers

std::size_t padded(std::size_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

/// The rows of a matrix as columns, `pitch` from row to row.
std::vector<float> transposed(const Matrix& matrix, std::size_t pitch) {
  std::vector<float> values(static_cast<std::size_t>(matrix.cols()) * pitch);
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index r = 0; r < matrix.cols(); ++r) {
      values[static_cast<std::size_t>(r) * pitch + static_cast<std::size_t>(i)] = matrix(i, r);
    }
  }
  return values;
}

/// The best candidate of each lane, counted in blocks.
struct LaneBest {
  float cost[kLanes];
  int block[kLanes];
};

[[gnu::always_inline]] inline void search_lanes(const float* values, const float* lengths, std::size_t padded,
                                                std::size_t rows, const float* point, LaneBest& best) {
  float cost[kLanes];
  int block[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    cost[lane] = best.cost[lane];
    block[lane] = -1;
  }
  for (std::size_t first = 0; first < padded; first += kLanes) {
    float sums[kLanes] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += point[r] * values[r * padded + first + lane];
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float here = lengths[first + lane] - 2.0F * sums[lane];
      const bool better = here < cost[lane];
      cost[lane] = better ? here : cost[lane];
      block[lane] = better ? static_cast<int>(first / kLanes) : block[lane];
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    best.cost[lane] = cost[lane];
    best.block[lane] = block[lane];
  }
}

REPRISE_VECTOR_CLONES void search_blocks(const float* values, const float* lengths, std::size_t padded,
                                         std::size_t rows, const float* point, LaneBest& best) {
  if (rows == kUsualRows) return search_lanes(values, lengths, padded, kUsualRows, point, best);
  search_lanes(values, lengths, padded, rows, point, best);
}

/// Takes a seed into the distances and masses of all points; sums of each block of masses.
[[gnu::always_inline]] inline void add_to_lanes(const float* values, std::size_t padded, std::size_t rows,
                                                const float* seed, const float* weights, float* distances,
                                                float* masses, double* block_sums) {
  for (std::size_t first = 0; first < padded; first += kLanes) {
    float square[kLanes] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const float difference = values[r * padded + first + lane] - seed[r];
        square[lane] += difference * difference;
      }
    }
    float mass[kLanes];
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float before = distances[first + lane];
      const float distance = square[lane] < before ? square[lane] : before;
      distances[first + lane] = distance;
      mass[lane] = weights[first + lane] * distance;
      masses[first + lane] = mass[lane];
    }
    double half[kLanes / 2];
    for (std::size_t lane = 0; lane < kLanes / 2; ++lane) half[lane] = double{mass[lane]} + mass[lane + kLanes / 2];
    double quarter[kLanes / 4];
    for (std::size_t lane = 0; lane < kLanes / 4; ++lane) quarter[lane] = half[lane] + half[lane + kLanes / 4];
    double sum = 0.0;
    for (std::size_t lane = 0; lane < kLanes / 4; ++lane) sum += quarter[lane];
    block_sums[first / kLanes] = sum;
  }
}

REPRISE_VECTOR_CLONES void add_to_blocks(const float* values, std::size_t padded, std::size_t rows, const float* seed,
                                         const float* weights, float* distances, float* masses, double* block_sums) {
  if (rows == kUsualRows) {
    return add_to_lanes(values, padded, kUsualRows, seed, weights, distances, masses, block_sums);
  }
  add_to_lanes(values, padded, rows, seed, weights, distances, masses, block_sums);
}

}  // namespace

NearestPoint::NearestPoint(const Matrix& candidates)
    : rows_(static_cast<std::size_t>(candidates.cols())),
      padded_(padded(static_cast<std::size_t>(candidates.rows()))),
      values_(transposed(candidates, padded_)),
      lengths_(padded_, std::numeric_limits<float>::infinity()) {
  const Eigen::VectorXf lengths = candidates.rowwise().squaredNorm();
  for (Eigen::Index i = 0; i < lengths.size(); ++i) lengths_[static_cast<std::size_t>(i)] = lengths[i];
}

NearestPoint::Found NearestPoint::search(const float* point, const Found& best) const {
  LaneBest lanes;
  for (float& cost : lanes.cost) cost = best.cost;
  search_blocks(values_.data(), lengths_.data(), padded_, rows_, point, lanes);
  Found found = best;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (lanes.block[lane] < 0) continue;
    const auto candidate = static_cast<Eigen::Index>(static_cast<std::size_t>(lanes.block[lane]) * kLanes + lane);
    const bool is_first = lanes.cost[lane] == found.cost && candidate < found.candidate;
    if (lanes.cost[lane] < found.cost || is_first) found = {candidate, lanes.cost[lane]};
  }
  return found;
}

SeedDistances::SeedDistances(const Matrix& points, const Eigen::VectorXf& weights)
    : rows_(static_cast<std::size_t>(points.cols())),
      count_(padded(static_cast<std::size_t>(points.rows()))),
      values_(transposed(points, count_)),
      weights_(count_, 0.0F),
      distances_(count_, std::numeric_limits<float>::max()),
      block_sums_(count_ / kLanes, 0.0) {
  for (Eigen::Index i = 0; i < weights.size(); ++i) {
    weights_[static_cast<std::size_t>(i)] = weights[i];
    block_sums_[static_cast<std::size_t>(i) / kLanes] += double{weights[i]};
  }
  masses_ = weights_;
}

double SeedDistances::total() const {
  double sum = 0.0;
  for (const double block : block_sums_) sum += block;
  return sum;
}

Eigen::Index SeedDistances::draw(double share) const {
  const double goal = share * total();
  double sum = 0.0;
  std::size_t block = 0;
  std::size_t last_block = 0;
  while (block < block_sums_.size() && sum + block_sums_[block] <= goal) {
    if (block_sums_[block] > 0.0) last_block = block;
    sum += block_sums_[block++];
  }
  if (block == block_sums_.size()) {  // the goal is the total, after rounding
    block = last_block;
    sum -= block_sums_[block];
  }
  std::size_t last = block * kLanes;
  for (std::size_t i = block * kLanes; i < (block + 1) * kLanes; ++i) {
    if (masses_[i] <= 0.0F) continue;
    last = i;
    sum += double{masses_[i]};
    if (sum > goal) break;
  }
  return static_cast<Eigen::Index>(last);
}

void SeedDistances::add_seed(Eigen::Index point) {
  std::vector<float> seed;
  for (std::size_t r = 0; r < rows_; ++r) seed.push_back(values_[r * count_ + static_cast<std::size_t>(point)]);
  add_to_blocks(values_.data(), count_, rows_, seed.data(), weights_.data(), distances_.data(), masses_.data(),
                block_sums_.data());
}

}  // namespace reprise
