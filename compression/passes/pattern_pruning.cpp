#include "compression/passes/pattern_pruning.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <utility>

#include "compression/passes/clustering.h"
#include "compression/passes/parallel.h"

namespace reprise {
namespace {

constexpr int kRounds = 15;
constexpr Eigen::Index kMostPoints = 20000;  // of a clustering; more change nothing

struct Block {
  std::size_t segment;
  int first;  ///< row of the segment
  int rows;
  std::uint32_t number;  ///< of its convolution group
};

std::vector<Block> blocks_of(const std::vector<Segment>& segments, int block_rows) {
  std::vector<Block> blocks;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    for (int first = 0; first < segments[s].rows; first += block_rows) {
      blocks.push_back({s, first, std::min(block_rows, segments[s].rows - first),
                        static_cast<std::uint32_t>((segments[s].first_row + first) / block_rows)});
    }
  }
  return blocks;
}

/// The shares of each row in the importance of its block, one line a block of full height (if there are any) and
/// output.
Matrix importance_shares(const std::vector<Block>& blocks, const std::vector<Matrix>& weights,
                         const std::vector<Compensator>& compensators, int block_rows) {
  const bool any_full =
      std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) { return block.rows == block_rows; });
  std::vector<RowVector> lines;
  for (const Block& block : blocks) {
    if (block.rows < block_rows && any_full) continue;
    const RowVector scale =
        compensators[block.segment].inverse_block(block.first, block.rows).diagonal().cwiseInverse().transpose();
    const Matrix& all = weights[block.segment];
    for (Eigen::Index output = 0; output < all.rows(); ++output) {
      const RowVector saliency = all.row(output).segment(block.first, block.rows).cwiseAbs2().cwiseProduct(scale);
      const float sum = saliency.sum();
      if (sum > 0.0F) lines.push_back(saliency / sum);
    }
  }
  const auto total = static_cast<Eigen::Index>(lines.size());
  const Eigen::Index stride = std::max<Eigen::Index>(1, total / kMostPoints);
  Matrix points = Matrix::Zero((total + stride - 1) / stride, block_rows);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    const RowVector& line = lines[static_cast<std::size_t>(i * stride)];
    points.row(i).head(line.size()) = line;
  }
  return points;
}

std::vector<std::uint32_t> largest_of(const RowVector& importance, int count) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(importance.size()));
  std::iota(rows.begin(), rows.end(), 0U);
  std::stable_sort(rows.begin(), rows.end(), [&](std::uint32_t a, std::uint32_t b) {
    return importance[static_cast<Eigen::Index>(a)] > importance[static_cast<Eigen::Index>(b)];
  });
  rows.resize(std::min(rows.size(), static_cast<std::size_t>(count)));
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::vector<std::uint32_t>> find_shapes(const Matrix& points, const BlockPlan& plan, int shapes) {
  std::vector<std::vector<std::uint32_t>> found;
  const Matrix centroids = cluster(points, Eigen::VectorXf::Ones(points.rows()), shapes, kRounds, 1);
  for (Eigen::Index c = 0; c < centroids.rows(); ++c) {
    std::vector<std::uint32_t> shape = largest_of(centroids.row(c), plan.kept_rows);
    if (std::find(found.begin(), found.end(), shape) == found.end()) found.push_back(std::move(shape));
  }
  if (found.empty()) found.push_back(largest_of(RowVector::Zero(plan.block_rows), plan.kept_rows));
  return found;
}

/// Weights of `rows` of every output, set to zero with the others adapting.
Eigen::VectorXf removal_costs(const Matrix& weights, const Matrix& inverse, const std::vector<int>& rows) {
  const auto count = static_cast<Eigen::Index>(rows.size());
  Matrix block(count, count);
  Matrix removed(weights.rows(), count);
  for (Eigen::Index i = 0; i < count; ++i) {
    removed.col(i) = weights.col(rows[static_cast<std::size_t>(i)]);
    for (Eigen::Index j = 0; j < count; ++j) {
      block(i, j) = inverse(rows[static_cast<std::size_t>(i)], rows[static_cast<std::size_t>(j)]);
    }
  }
  const Matrix solved = block.llt().solve(removed.transpose());
  return removed.cwiseProduct(solved.transpose()).rowwise().sum();
}

/// For each output of a block the best shape, and what the block is worth: the cost of removing the rest of it, too.
struct Choice {
  std::vector<std::int16_t> shape;
  Eigen::VectorXf worth;
};

Choice choose_shapes(const Block& block, const Matrix& weights, const Compensator& compensator,
                     const std::vector<std::vector<std::uint32_t>>& shapes) {
  const Matrix inverse = compensator.inverse_block(block.first, block.rows);
  const Matrix here = weights.middleCols(block.first, block.rows);
  Choice choice;
  choice.shape.assign(static_cast<std::size_t>(weights.rows()), -1);
  Eigen::VectorXf least = Eigen::VectorXf::Constant(weights.rows(), std::numeric_limits<float>::max());
  std::vector<int> all(static_cast<std::size_t>(block.rows));
  std::iota(all.begin(), all.end(), 0);
  for (std::size_t s = 0; s < shapes.size(); ++s) {
    std::vector<int> removed;
    for (const int row : all) {
      if (!std::binary_search(shapes[s].begin(), shapes[s].end(), static_cast<std::uint32_t>(row)))
        removed.push_back(row);
    }
    if (removed.size() == all.size()) continue;
    const Eigen::VectorXf costs = removal_costs(here, inverse, removed);
    for (Eigen::Index output = 0; output < costs.size(); ++output) {
      if (costs[output] >= least[output]) continue;
      least[output] = costs[output];
      choice.shape[static_cast<std::size_t>(output)] = static_cast<std::int16_t>(s);
    }
  }
  choice.worth = removal_costs(here, inverse, all) - least;
  return choice;
}

}  // namespace

BlockPlan plan_blocks(double kept, int unit_rows, std::uint32_t rows_per_group) {
  const auto height = static_cast<std::uint32_t>(unit_rows);
  const std::uint32_t units = (rows_per_group + height - 1) / height;
  if (kept > 0.67 || units < 2 || (kept > 0.5 && units < 3)) return {unit_rows, unit_rows, kept};
  if (kept > 0.5) return {3 * unit_rows, 2 * unit_rows, std::min(1.0, kept * 1.5)};
  if (kept > 0.34 || units < 3) return {2 * unit_rows, unit_rows, std::min(1.0, kept * 2.0)};
  return {3 * unit_rows, unit_rows, std::min(1.0, kept * 3.0)};
}

RowShapes prune_patterns(const MatrixShape& matrix, const std::vector<Segment>& segments,
                         const std::vector<Matrix>& weights, const std::vector<Compensator>& compensators,
                         const BlockPlan& plan, int shapes) {
  const std::vector<Block> blocks = blocks_of(segments, plan.block_rows);
  RowShapes result;
  result.block_rows = plan.block_rows;
  result.shapes = find_shapes(importance_shares(blocks, weights, compensators, plan.block_rows), plan, shapes);

  std::vector<Choice> choices(blocks.size());
  in_parallel(blocks.size(), [&](std::size_t b) {
    const std::size_t segment = blocks[b].segment;
    choices[b] = choose_shapes(blocks[b], weights[segment], compensators[segment], result.shapes);
  });

  const std::size_t outputs = matrix.outputs / matrix.groups;
  std::vector<std::pair<float, std::size_t>> worths;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (std::size_t o = 0; o < outputs; ++o) {
      worths.emplace_back(choices[b].worth[static_cast<Eigen::Index>(o)], b * outputs + o);
    }
  }
  std::sort(worths.begin(), worths.end());
  const auto removed =
      static_cast<std::size_t>(std::llround((1.0 - plan.kept_blocks) * static_cast<double>(worths.size())));
  const auto in_use = [&](float worth, std::size_t rank) { return rank >= removed && worth > 0.0F; };

  const std::size_t blocks_per_group = (matrix.rows_per_group + static_cast<std::uint32_t>(plan.block_rows) - 1) /
                                       static_cast<std::uint32_t>(plan.block_rows);
  result.shape_of.assign(matrix.outputs * blocks_per_group, -1);
  for (std::size_t rank = 0; rank < worths.size(); ++rank) {
    if (!in_use(worths[rank].first, rank)) continue;
    const Block& block = blocks[worths[rank].second / outputs];
    const std::size_t output = worths[rank].second % outputs;
    const std::size_t in_layer = static_cast<std::size_t>(segments[block.segment].group) * outputs + output;
    result.shape_of[in_layer * blocks_per_group + block.number] = choices[worths[rank].second / outputs].shape[output];
  }
  return result;
}

Matrix kept_weights(const MatrixShape& matrix, const Segment& segment, const RowShapes& shapes) {
  const std::size_t outputs = matrix.outputs / matrix.groups;
  const auto block_rows = static_cast<std::uint32_t>(shapes.block_rows);
  const std::size_t blocks = (matrix.rows_per_group + block_rows - 1) / block_rows;
  Matrix kept = Matrix::Zero(static_cast<Eigen::Index>(outputs), segment.rows + 1);
  kept.rightCols(1).setOnes();
  for (std::size_t output = 0; output < outputs; ++output) {
    const std::size_t in_layer = static_cast<std::size_t>(segment.group) * outputs + output;
    for (int first = 0; first < segment.rows; first += shapes.block_rows) {
      const auto number = static_cast<std::size_t>((segment.first_row + first) / shapes.block_rows);
      const std::int16_t shape = shapes.shape_of[in_layer * blocks + number];
      if (shape < 0) continue;
      for (const std::uint32_t row : shapes.shapes[static_cast<std::size_t>(shape)]) {
        const int at = first + static_cast<int>(row);
        if (at < segment.rows) kept(static_cast<Eigen::Index>(output), at) = 1.0F;
      }
    }
  }
  return kept;
}

}  // namespace reprise
