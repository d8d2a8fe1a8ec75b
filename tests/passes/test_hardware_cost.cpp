#include <catch2/catch.hpp>

#include <algorithm>
#include <bitset>
#include <cmath>
#include <numeric>

#include "compression/mapping/mapper.h"
#include "compression/passes/hardware_cost.h"
#include "tests/mapping/sample_networks.h"
#include "tests/passes/sample_layer.h"

namespace {

using namespace reprise;
using namespace reprise::test;

/// Stored inputs, [row][window], many of them zero.
Matrix draw_stored(Random& random, int rows, int windows) {
  Matrix stored(rows, windows);
  for (Eigen::Index i = 0; i < stored.size(); ++i) {
    stored.data()[i] = static_cast<float>(draw(random, 0, 2) == 0 ? 0 : draw(random, 0, 255) >> draw(random, 0, 7));
  }
  return stored;
}

int stored_at(const Matrix& stored, Eigen::Index row, Eigen::Index window) {
  return static_cast<int>(stored(row, window));
}

/// The sums of the blocks of all windows that are not zero, ascending.
std::vector<int> block_sums(const Matrix& stored, int block_rows, int rows_per_group) {
  std::vector<int> sums;
  for (Eigen::Index window = 0; window < stored.cols(); ++window) {
    for (int group = 0; group < stored.rows() / rows_per_group; ++group) {
      for (int first = 0; first < rows_per_group; first += block_rows) {
        int sum = 0;
        for (int row = first; row < std::min(first + block_rows, rows_per_group); ++row) {
          sum += stored_at(stored, group * rows_per_group + row, window);
        }
        if (sum > 0) sums.push_back(sum);
      }
    }
  }
  std::sort(sums.begin(), sums.end());
  return sums;
}

struct Mapped {
  CompressedLayer layer;
  LayerMapping mapping;
  HardwareCost cost;
  double zero_slots = 0.0;  ///< outputs of row groups all of whose weights were rounded to zero
  double zero_cells = 0.0;
};

void count_zeros(const MatrixShape& matrix, const std::vector<std::int8_t>& weights, Mapped& mapped) {
  for (const RowGroup& group : mapped.layer.groups) {
    for (const std::uint32_t output : group.outputs) {
      const bool zero = std::all_of(group.rows.begin(), group.rows.end(), [&](std::uint32_t row) {
        return weights[output * matrix.rows_per_group + row % matrix.rows_per_group] == 0;
      });
      mapped.zero_slots += zero ? 1.0 : 0.0;
      mapped.zero_cells += zero ? 8.0 * static_cast<double>(group.rows.size()) : 0.0;
    }
  }
}

/// Compresses a random layer and lays it out.
Mapped map_at_random(Random& random, const WeightStrength& strength, EngineKind engine) {
  const int unit_rows = draw(random, 1, 9);
  const int kernel = draw(random, 1, 3);
  const int channels = draw(random, 1, 6);
  const auto groups = static_cast<std::uint32_t>(draw(random, 0, 3) == 0 ? 2 : 1);
  const MatrixShape matrix{groups * static_cast<std::uint32_t>(draw(random, 1, 12)), groups,
                           static_cast<std::uint32_t>(channels * kernel * kernel)};
  const SampleLayer sample = sample_layer(random, matrix, unit_rows);
  FloatConvolution convolution = sample.convolution;
  WeightCompressionOptions options;
  options.unit_rows = unit_rows;
  Mapped mapped;
  mapped.layer = compress_weights(matrix, sample.segments, sample.compensators, strength, options, convolution);
  std::vector<std::int8_t> weights;
  for (std::size_t i = 0; i < convolution.weights.size(); ++i) {
    const double step = mapped.layer.steps[i / matrix.rows_per_group];
    weights.push_back(static_cast<std::int8_t>(std::lround(double{convolution.weights[i]} / step)));
  }
  count_zeros(matrix, weights, mapped);
  QuantisedNetwork network = empty_network({channels * static_cast<int>(groups), 4, 4}, 0);
  add_convolution(network, "layer", static_cast<int>(matrix.outputs), kernel, static_cast<int>(groups), weights);
  network.shapes = {mapped.layer.shapes};
  MappingConfig config;
  config.engine = engine;
  config.hardware.operation_unit.rows = unit_rows;
  mapped.mapping = map_network(network, config).mappings.at(0);
  const LiveInputs inputs(Matrix::Constant(groups * matrix.rows_per_group, 1, 255.0F), {1.0, 0}, 1.0);
  mapped.cost = hardware_cost(mapped.layer, matrix.outputs, config.hardware.unit_shape(), inputs);
  return mapped;
}

}  // namespace

TEST_CASE("Live bits are those of the windows in which any of the rows is 1") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Matrix stored = draw_stored(random, draw(random, 1, 20), draw(random, 1, 20));
    const Quantisation quantisation{0.125, 0};
    const LiveInputs inputs(stored * 0.125F, quantisation, 50.0);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < stored.rows(); ++row) {
      if (draw(random, 0, 1) == 1) rows.push_back(row);
    }
    int live = 0;
    for (Eigen::Index window = 0; window < stored.cols(); ++window) {
      for (int bit = 0; bit < 8; ++bit) {
        const bool any = std::any_of(rows.begin(), rows.end(), [&](std::uint32_t row) {
          return ((stored_at(stored, static_cast<Eigen::Index>(row), window) >> bit) & 1) == 1;
        });
        live += any ? 1 : 0;
      }
    }
    CHECK(inputs.live_bits(rows) == Approx(50.0 * live / static_cast<double>(stored.cols())));
  }
}

TEST_CASE("Formed parts are those of the rows that are 1, bit by bit") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Matrix stored = draw_stored(random, draw(random, 1, 40), draw(random, 1, 10));
    const LiveInputs inputs(stored * 0.125F, {0.125, 0}, 1.0);
    const int part_rows = draw(random, 1, 9);
    std::vector<std::uint32_t> rows(static_cast<std::size_t>(stored.rows()));
    std::iota(rows.begin(), rows.end(), 0U);
    int parts = 0;
    for (Eigen::Index window = 0; window < stored.cols(); ++window) {
      for (int bit = 0; bit < 8; ++bit) {
        int left = 0;
        for (Eigen::Index row = 0; row < stored.rows(); ++row) left += (stored_at(stored, row, window) >> bit) & 1;
        for (; left > 0; left -= part_rows) ++parts;
      }
    }
    CHECK(inputs.formed_parts(rows, part_rows) == Approx(parts / static_cast<double>(stored.cols())));
  }
}

TEST_CASE("Real inputs are stored as the quantisation says") {
  Matrix columns(1, 5);
  columns << -1.0F, 0.0F, 0.26F, 1.0F, 1000.0F;
  const LiveInputs inputs(columns, {0.5, 2}, 5.0);
  // Stored: 0, 2, 3 (of 2.52), 4, 255.
  CHECK(inputs.live_bits({0}) == Approx(0 + 1 + 2 + 1 + 8));
}

TEST_CASE("A filter leaves the leading planes of loud blocks") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int rows_per_group = draw(random, 1, 12);
    const int groups = draw(random, 1, 3);
    const Matrix stored = draw_stored(random, rows_per_group * groups, draw(random, 1, 10));
    const InputFilter filter{draw(random, 1, 9), draw(random, 0, 200), draw(random, 1, 8)};
    Matrix expected = stored;
    for (Eigen::Index window = 0; window < stored.cols(); ++window) {
      for (int row = 0; row < stored.rows(); ++row) {
        const int start = row / rows_per_group * rows_per_group;
        const int first = start + (row - start) / filter.block_rows * filter.block_rows;
        const int end = std::min(first + filter.block_rows, start + rows_per_group);
        int sum = 0;
        int largest = 0;
        for (int other = first; other < end; ++other) {
          sum += stored_at(stored, other, window);
          largest = std::max(largest, stored_at(stored, other, window));
        }
        int width = 0;
        while ((largest >> width) != 0) ++width;
        const int unit = 1 << std::max(0, width - filter.planes);
        const int value = stored_at(stored, row, window);
        expected(row, window) = sum < filter.least_sum ? 0.0F : static_cast<float>(value / unit * unit);
      }
    }
    const LiveInputs filtered =
        LiveInputs(stored, {1.0, 0}, 7.0).filtered(filter, static_cast<std::uint32_t>(rows_per_group));
    const LiveInputs wanted(expected, {1.0, 0}, 7.0);
    for (std::uint32_t row = 0; row < stored.rows(); ++row) {
      CHECK(filtered.live_bits({row}) == wanted.live_bits({row}));
    }
  }
}

TEST_CASE("The threshold for quiet blocks leaves out the share that is asked for") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int rows_per_group = draw(random, 1, 12);
    const int block_rows = draw(random, 1, 9);
    const Matrix stored = draw_stored(random, rows_per_group * draw(random, 1, 3), draw(random, 1, 30));
    const LiveInputs inputs(stored, {1.0, 0}, 1.0);
    const std::vector<int> sums = block_sums(stored, block_rows, rows_per_group);
    const double share = draw(random, 0, 95) / 100.0;
    const int threshold = inputs.quiet_sum(share, block_rows, static_cast<std::uint32_t>(rows_per_group));
    const auto quiet = std::lower_bound(sums.begin(), sums.end(), threshold) - sums.begin();
    const auto asked = static_cast<std::ptrdiff_t>(share * static_cast<double>(sums.size()));
    CHECK(quiet >= asked);
    if (threshold > 0) {  // and not one sum more
      CHECK(std::lower_bound(sums.begin(), sums.end(), threshold - 1) - sums.begin() < asked);
    } else {
      CHECK(asked == 0);
    }
  }
  CHECK(LiveInputs(Matrix::Zero(9, 4), {1.0, 0}, 1.0).quiet_sum(0.5, 3, 9) == 0);
}

TEST_CASE("Cells are those of the mapping") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Mapped dense = map_at_random(random, {}, EngineKind::dense);
    CHECK(dense.cost.cells == static_cast<double>(dense.mapping.storage.cells));
    CHECK(dense.cost.table_bits == 0.0);
    const Mapped pruned = map_at_random(random, {draw(random, 5, 100) / 100.0, {}, {}}, EngineKind::pattern_pruned);
    // Slots of nothing but zeros are not stored; the estimate does not look at values.
    CHECK(pruned.cost.cells - pruned.zero_cells == static_cast<double>(pruned.mapping.storage.cells));
    const TransformStrength transform{draw(random, 5, 100) / 100.0, false, 1};
    const Mapped shared = map_at_random(random, {{}, {}, transform}, EngineKind::wpr);
    CHECK(shared.cost.cells == static_cast<double>(shared.mapping.storage.cells));
  }
}

TEST_CASE("Narrow and shifted slots: never more storage than the estimate, and not much less") {
  double estimated = 0.0;
  double stored = 0.0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const PatchStrength patch{draw(random, 10, 60) / 10.0, 0.5, 0.6};
    const Mapped mapped = map_at_random(random, {{}, patch, {}}, EngineKind::mixed_ou);
    estimated += mapped.cost.cells;
    stored += static_cast<double>(mapped.mapping.storage.cells);
    if (mapped.mapping.storage.table_bits == 0) continue;  // a regular layer needs less than any other way
    CHECK(static_cast<double>(mapped.mapping.storage.net()) <=
          mapped.cost.cells + mapped.cost.table_bits + static_cast<double>(mapped.mapping.storage.index_bits));
  }
  CHECK(stored <= estimated);
  CHECK(stored >= 0.85 * estimated);
}

TEST_CASE("Activations are units times live bits") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    // Inputs of 255: each unit is activated for all eight bits of the one window.
    const Mapped dense = map_at_random(random, {}, EngineKind::dense);
    CHECK(dense.cost.activations == 8.0 * static_cast<double>(dense.mapping.units.size()));
    const Mapped pruned = map_at_random(random, {draw(random, 5, 100) / 100.0, {}, {}}, EngineKind::pattern_pruned);
    CHECK(pruned.cost.activations / 8.0 - pruned.zero_slots == static_cast<double>(pruned.mapping.units.size()));
  }
}

TEST_CASE("The cost of a layer, by hand") {
  CompressedLayer layer;
  layer.groups = {{{0, 1, 2}, {0, 1, 2, 3}}, {{3, 4}, {0, 1, 2, 3}}};
  layer.codes.resize(2);
  Matrix stored(5, 2);
  stored << 1, 0, 2, 0, 0, 0, 4, 8, 0, 0;
  const LiveInputs inputs(stored, {1.0, 0}, 10.0);  // of each window: 2 and 0 bits live above, 1 and 1 below
  HardwareCost cost = hardware_cost(layer, 4, {}, inputs);
  CHECK(cost.cells == 4 * 8 * 3 + 4 * 8 * 2);
  CHECK(cost.activations == Approx(4 * 10 + 4 * 10));
  CHECK(cost.table_bits == 0.0);

  // Above: 2, 2 and 4 bits and nothing, four slots of 2 bits or two of 4 in a unit; below: two codewords.
  layer.codes[0].precision = {{2, 0}, {2, 3}, {4, 1}, {0, 0}};
  layer.codes[1].codebook = {{1, 2}, {3, 4}};
  layer.codes[1].uses = {{0, 0, false}, {1, 0, true}, {1, 0, false}, {-1, 0, false}};
  cost = hardware_cost(layer, 4, {}, inputs);
  CHECK(cost.cells == (2 + 2 + 4) * 3 + 2 * 8 * 2);
  CHECK(cost.activations == Approx(2 * 10 + 2 * 10));
  // Six entries of output (2 bits), end of list, shift (3) and sign; 8 bits a row group.
  CHECK(cost.table_bits == 6 * (2 + 1 + 3 + 1) + 2 * 8);
}
