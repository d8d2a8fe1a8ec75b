#include <catch2/catch.hpp>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "compression/passes/pattern_pruning.h"
#include "tests/passes/sample_layer.h"

namespace {

using namespace reprise;
using namespace reprise::test;

struct Pruned {
  SampleLayer layer;
  BlockPlan plan;
  RowShapes shapes;

  std::size_t blocks() const {
    const auto height = static_cast<std::uint32_t>(plan.block_rows);
    return (layer.matrix.rows_per_group + height - 1) / height;
  }
  int height(std::size_t block) const {
    return std::min(plan.block_rows,
                    static_cast<int>(layer.matrix.rows_per_group) - static_cast<int>(block) * plan.block_rows);
  }
};

Pruned prune_at_random(Random& random, double kept, int unit_rows, int shapes) {
  Pruned pruned{sample_layer(random, draw_matrix_shape(random), unit_rows), {}, {}};
  const SampleLayer& layer = pruned.layer;
  pruned.plan = plan_blocks(kept, unit_rows, layer.matrix.rows_per_group);
  pruned.shapes =
      prune_patterns(layer.matrix, layer.segments, layer.weights(), layer.compensators, pruned.plan, shapes);
  return pruned;
}

std::vector<int> removed_rows(const RowShapes& shapes, std::size_t shape, int height) {
  std::vector<int> removed;
  for (int row = 0; row < height; ++row) {
    const auto& kept = shapes.shapes[shape];
    if (std::find(kept.begin(), kept.end(), static_cast<std::uint32_t>(row)) == kept.end()) removed.push_back(row);
  }
  return removed;
}

/// By how much an output's error grows if the weights in `rows` go and all others adapt: w_R ([H^-1]_RR)^-1 w_R^T.
double removal_cost(const Dense& inverse, const Matrix& weights, int output, int first, const std::vector<int>& rows) {
  const auto count = static_cast<Eigen::Index>(rows.size());
  Dense block(count, count);
  Eigen::VectorXd removed(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    removed[i] = double{weights(output, first + rows[static_cast<std::size_t>(i)])};
    for (Eigen::Index j = 0; j < count; ++j) {
      block(i, j) = inverse(first + rows[static_cast<std::size_t>(i)], first + rows[static_cast<std::size_t>(j)]);
    }
  }
  return count == 0 ? 0.0 : removed.dot(block.ldlt().solve(removed));
}

Dense damped_inverse(const Matrix& inputs) {
  Dense own = inputs.cast<double>() * inputs.cast<double>().transpose() / static_cast<double>(inputs.cols());
  own.diagonal().array() += 0.01 * own.diagonal().mean();
  return own.inverse();
}

}  // namespace

TEST_CASE("Plans: whole units remain, blocks fit the layer, and the share is what is asked for") {
  for (const int unit_rows : {1, 4, 9}) {
    for (std::uint32_t rows = 1; rows < 100; ++rows) {
      for (double kept = 0.02; kept <= 1.0; kept += 0.02) {
        INFO("unit of " << unit_rows << ", " << rows << " rows, kept " << kept);
        const BlockPlan plan = plan_blocks(kept, unit_rows, rows);
        CHECK(plan.kept_rows % unit_rows == 0);
        CHECK(plan.kept_rows <= plan.block_rows);
        CHECK(plan.kept_blocks <= 1.0);
        CHECK(plan.block_rows < static_cast<int>(rows) + unit_rows);
        CHECK(plan.kept_blocks * plan.kept_rows / plan.block_rows == Approx(kept).margin(0.011));
        CHECK(segment_alignment(unit_rows) % plan.block_rows == 0);
      }
    }
  }
}

TEST_CASE("Every output keeps exactly the rows of one of its shapes, or nothing") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int shapes = draw(random, 1, 16);
    const Pruned pruned = prune_at_random(random, draw(random, 2, 100) / 100.0, draw(random, 1, 9), shapes);
    const MatrixShape& matrix = pruned.layer.matrix;
    REQUIRE(pruned.shapes.block_rows == pruned.plan.block_rows);
    REQUIRE(!pruned.shapes.shapes.empty());
    CHECK(static_cast<int>(pruned.shapes.shapes.size()) <= shapes);
    std::set<std::vector<std::uint32_t>> distinct;
    for (const auto& shape : pruned.shapes.shapes) {
      CHECK(static_cast<int>(shape.size()) == pruned.plan.kept_rows);
      CHECK(std::is_sorted(shape.begin(), shape.end()));
      CHECK(static_cast<int>(shape.back()) < pruned.plan.block_rows);
      distinct.insert(shape);
    }
    CHECK(distinct.size() == pruned.shapes.shapes.size());
    REQUIRE(pruned.shapes.shape_of.size() == matrix.outputs * pruned.blocks());

    const std::uint32_t outputs = matrix.outputs / matrix.groups;
    for (const Segment& segment : pruned.layer.segments) {
      const Matrix kept = kept_weights(matrix, segment, pruned.shapes);
      REQUIRE(kept.cols() == segment.rows + 1);
      CHECK(kept.rightCols(1).isOnes(0.0F));
      for (std::uint32_t output = 0; output < outputs; ++output) {
        for (int row = 0; row < segment.rows; ++row) {
          const int in_group = segment.first_row + row;
          const auto block = static_cast<std::size_t>(in_group / pruned.plan.block_rows);
          const auto in_layer = static_cast<std::size_t>(segment.group) * outputs + output;
          const std::int16_t shape = pruned.shapes.shape_of[in_layer * pruned.blocks() + block];
          REQUIRE(shape < static_cast<int>(pruned.shapes.shapes.size()));
          bool expected = shape >= 0;
          if (expected) {
            const auto& rows = pruned.shapes.shapes[static_cast<std::size_t>(shape)];
            const auto in_block = static_cast<std::uint32_t>(in_group % pruned.plan.block_rows);
            expected = std::find(rows.begin(), rows.end(), in_block) != rows.end();
          }
          CHECK(kept(output, row) == (expected ? 1.0F : 0.0F));
        }
      }
    }
  }
}

TEST_CASE("The share of weights that are kept is that of the plan") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int unit_rows = draw(random, 1, 9);
    const double kept = draw(random, 5, 100) / 100.0;
    // Blocks of full height: the plan's are of one, two or three units.
    const auto rows = static_cast<std::uint32_t>(6 * unit_rows * draw(random, 1, 2));
    const MatrixShape matrix{static_cast<std::uint32_t>(draw(random, 1, 20)), 1, rows};
    const SampleLayer layer = sample_layer(random, matrix, unit_rows);
    const BlockPlan plan = plan_blocks(kept, unit_rows, rows);
    const RowShapes shapes =
        prune_patterns(matrix, layer.segments, layer.weights(), layer.compensators, plan, draw(random, 1, 8));
    double count = 0.0;
    for (const Segment& segment : layer.segments) {
      count += double{kept_weights(matrix, segment, shapes).leftCols(segment.rows).sum()};
    }
    const double block = plan.kept_rows;  // one block more or less
    CHECK(count == Approx(kept * matrix.outputs * rows).margin(block / 2 + 0.011 * matrix.outputs * rows));
  }
}

TEST_CASE("Layers of fewer rows than a block are pruned as well") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    // As of a depthwise convolution: the largest weights are not the first ones.
    const MatrixShape matrix{40, 40, 9};
    SampleLayer layer = sample_layer(random, matrix, 9);
    const BlockPlan plan = plan_blocks(0.5, 9, 9);
    const RowShapes shapes = prune_patterns(matrix, layer.segments, layer.weights(), layer.compensators, plan, 4);
    double count = 0.0;
    for (const Segment& segment : layer.segments) {
      count += double{kept_weights(matrix, segment, shapes).leftCols(9).sum()};
    }
    CHECK(count == 180.0);
  }
  Random random(1);
  SampleLayer layer = sample_layer(random, {12, 3, 5}, 3);
  for (std::size_t i = 0; i < layer.convolution.weights.size(); ++i) {
    if (i % 5 < 2) layer.convolution.weights[i] = 1e-6F;  // the last three rows matter
  }
  const BlockPlan plan{6, 3, 1.0};
  const RowShapes shapes = prune_patterns(layer.matrix, layer.segments, layer.weights(), layer.compensators, plan, 1);
  CHECK(shapes.shapes == std::vector<std::vector<std::uint32_t>>{{2, 3, 4}});
}

TEST_CASE("Each output takes the shape whose removal costs least, and the blocks that are worth least go") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Pruned pruned = prune_at_random(random, draw(random, 5, 100) / 100.0, draw(random, 1, 5), draw(random, 1, 6));
    const MatrixShape& matrix = pruned.layer.matrix;
    const auto outputs = static_cast<int>(matrix.outputs / matrix.groups);
    std::vector<double> worth_kept;
    std::vector<double> worth_gone;
    for (std::size_t s = 0; s < pruned.layer.segments.size(); ++s) {
      REQUIRE(pruned.layer.segments[s].first_row == 0);  // small layers have one segment a group
      const Dense inverse = damped_inverse(pruned.layer.inputs[s]);
      const Matrix weights = pruned.layer.weights()[s];
      for (std::size_t block = 0; block < pruned.blocks(); ++block) {
        const int first = static_cast<int>(block) * pruned.plan.block_rows;
        const int height = pruned.height(block);
        std::vector<int> all(static_cast<std::size_t>(height));
        for (int row = 0; row < height; ++row) all[static_cast<std::size_t>(row)] = row;
        for (int output = 0; output < outputs; ++output) {
          const double whole = removal_cost(inverse, weights, output, first, all);
          double least = whole;
          std::vector<double> costs;
          for (std::size_t shape = 0; shape < pruned.shapes.shapes.size(); ++shape) {
            costs.push_back(removal_cost(inverse, weights, output, first, removed_rows(pruned.shapes, shape, height)));
            least = std::min(least, costs.back());
          }
          const auto in_layer = s * static_cast<std::size_t>(outputs) + static_cast<std::size_t>(output);
          const std::int16_t chosen = pruned.shapes.shape_of[in_layer * pruned.blocks() + block];
          (chosen < 0 ? worth_gone : worth_kept).push_back(whole - least);
          if (chosen < 0) continue;
          CHECK(costs[static_cast<std::size_t>(chosen)] <= least + 0.02 * whole + 1e-6);
        }
      }
    }
    if (worth_kept.empty() || worth_gone.empty()) continue;
    const double highest = *std::max_element(worth_gone.begin(), worth_gone.end());
    const double lowest = *std::min_element(worth_kept.begin(), worth_kept.end());
    CHECK(highest <= lowest * 1.05 + 1e-5);
  }
}

TEST_CASE("A layer of zeros keeps nothing, and outputs of zeros keep nothing") {
  Random random(5);
  for (const double kept : {0.9, 0.6, 0.5, 0.2}) {
    SampleLayer layer = sample_layer(random, {4, 1, 54}, 9);
    std::fill(layer.convolution.weights.begin() + 54, layer.convolution.weights.begin() + 108, 0.0F);
    const BlockPlan plan = plan_blocks(kept, 9, 54);
    RowShapes shapes = prune_patterns(layer.matrix, layer.segments, layer.weights(), layer.compensators, plan, 4);
    CHECK(kept_weights(layer.matrix, layer.segments[0], shapes).row(1).head(54).isZero(0.0F));
    std::fill(layer.convolution.weights.begin(), layer.convolution.weights.end(), 0.0F);
    shapes = prune_patterns(layer.matrix, layer.segments, layer.weights(), layer.compensators, plan, 4);
    CHECK(std::all_of(shapes.shape_of.begin(), shapes.shape_of.end(), [](int shape) { return shape == -1; }));
    REQUIRE(shapes.shapes.size() == 1);
    CHECK(static_cast<int>(shapes.shapes[0].size()) == plan.kept_rows);
  }
}
