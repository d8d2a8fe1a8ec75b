#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "compression/mapping/mapper.h"
#include "compression/network/row_groups.h"
#include "compression/passes/pattern_pruning.h"
#include "tests/mapping/sample_networks.h"
#include "tests/passes/sample_layer.h"

// Rows that pattern pruning freed are in no row group, and no cell holds them.

namespace {

using namespace reprise;
using namespace reprise::test;

RowShapes draw_shapes(Random& random, const MatrixShape& matrix) {
  RowShapes shapes;
  shapes.block_rows = draw(random, 1, 20);
  const auto height = static_cast<std::uint32_t>(shapes.block_rows);
  std::set<std::vector<std::uint32_t>> distinct;
  for (int count = draw(random, 1, 4); count > 0; --count) {
    std::vector<std::uint32_t> shape;
    for (std::uint32_t row = 0; row < height; ++row) {
      if (draw(random, 0, 1) == 1) shape.push_back(row);
    }
    if (shape.empty()) shape.push_back(0);
    distinct.insert(shape);
  }
  shapes.shapes.assign(distinct.begin(), distinct.end());
  const std::uint32_t blocks = (matrix.rows_per_group + height - 1) / height;
  for (std::uint32_t i = 0; i < matrix.outputs * blocks; ++i) {
    shapes.shape_of.push_back(static_cast<std::int16_t>(draw(random, -1, static_cast<int>(shapes.shapes.size()) - 1)));
  }
  return shapes;
}

/// [output][row of its convolution group], 1 where a weight may differ from 0.
std::vector<std::vector<bool>> kept_in(const MatrixShape& matrix, const RowShapes& shapes) {
  std::vector<std::vector<bool>> kept(matrix.outputs, std::vector<bool>(matrix.rows_per_group));
  const auto height = static_cast<std::uint32_t>(shapes.block_rows);
  const std::uint32_t blocks = (matrix.rows_per_group + height - 1) / height;
  for (std::uint32_t output = 0; output < matrix.outputs; ++output) {
    for (std::uint32_t row = 0; row < matrix.rows_per_group; ++row) {
      const std::int16_t shape = shapes.shape_of[output * blocks + row / height];
      if (shape < 0) continue;
      const auto& rows = shapes.shapes[static_cast<std::size_t>(shape)];
      kept[output][row] = std::find(rows.begin(), rows.end(), row % height) != rows.end();
    }
  }
  return kept;
}

}  // namespace

TEST_CASE("Row groups hold every kept weight once and no other") {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const MatrixShape matrix = draw_matrix_shape(random);
    const RowShapes shapes = draw_shapes(random, matrix);
    const int unit_rows = draw(random, 1, 9);
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> met;
    for (const RowGroup& group : row_groups(matrix, &shapes, unit_rows)) {
      REQUIRE(!group.rows.empty());
      REQUIRE(!group.outputs.empty());
      CHECK(static_cast<int>(group.rows.size()) <= unit_rows);
      CHECK(std::is_sorted(group.rows.begin(), group.rows.end()));
      CHECK(std::is_sorted(group.outputs.begin(), group.outputs.end()));
      for (const std::uint32_t output : group.outputs) {
        for (const std::uint32_t row : group.rows) {
          CHECK(row / matrix.rows_per_group == output / (matrix.outputs / matrix.groups));
          ++met[{output, row % matrix.rows_per_group}];
        }
      }
    }
    const auto kept = kept_in(matrix, shapes);
    for (std::uint32_t output = 0; output < matrix.outputs; ++output) {
      for (std::uint32_t row = 0; row < matrix.rows_per_group; ++row) {
        const auto found = met.find({output, row});
        CHECK((found == met.end() ? 0 : found->second) == (kept[output][row] ? 1 : 0));
      }
    }
  }
}

TEST_CASE("Without shapes row groups hold every weight once") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const MatrixShape matrix = draw_matrix_shape(random);
    std::size_t weights = 0;
    for (const RowGroup& group : row_groups(matrix, nullptr, draw(random, 1, 9))) {
      weights += group.rows.size() * group.outputs.size();
    }
    CHECK(weights == std::size_t{matrix.outputs} * matrix.rows_per_group);
  }
}

TEST_CASE("The engine pattern_pruned stores only the cells of kept weights") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int kernel = draw(random, 1, 3);
    const int channels = draw(random, 1, 6);
    const int outputs = draw(random, 1, 8);
    const MatrixShape matrix{static_cast<std::uint32_t>(outputs), 1,
                             static_cast<std::uint32_t>(channels * kernel * kernel)};
    const RowShapes shapes = draw_shapes(random, matrix);
    const auto kept = kept_in(matrix, shapes);
    std::vector<std::int8_t> weights;
    std::size_t count = 0;
    for (std::uint32_t output = 0; output < matrix.outputs; ++output) {
      for (std::uint32_t row = 0; row < matrix.rows_per_group; ++row) {
        weights.push_back(static_cast<std::int8_t>(kept[output][row] ? draw(random, 1, 127) : 0));
        count += kept[output][row] ? 1 : 0;
      }
    }
    QuantisedNetwork network = empty_network({channels, 4, 4}, 0);
    add_convolution(network, "layer", outputs, kernel, 1, weights);
    network.shapes = {shapes};
    MappingConfig config;
    config.engine = EngineKind::pattern_pruned;
    const LayerMapping& mapping = map_network(network, config).mappings.at(0);
    CHECK(mapping.storage.cells == 8 * count);
    config.engine = EngineKind::dense;
    CHECK(map_network(network, config).mappings.at(0).storage.cells == 8 * weights.size());
  }
}
