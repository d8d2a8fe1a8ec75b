#include <catch2/catch.hpp>

#include "compression/mapping/mapper.h"
#include "support/error.h"
#include "tests/mapping/sample_networks.h"

using namespace reprise;
using Catch::Matchers::Contains;

namespace {

using Weights = std::vector<std::int8_t>;

/// One input channel, four 3 x 3 kernels: all 1, all -1, all 1 again, all 0. Zero point 3.
QuantisedNetwork four_kernels() {
  QuantisedNetwork network = empty_network({1, 3, 3}, 3);
  Weights weights;
  for (const int value : {1, -1, 1, 0}) weights.insert(weights.end(), 9, static_cast<std::int8_t>(value));
  add_convolution(network, "conv", 4, 3, 1, weights);
  return network;
}

WeightImage map_four(EngineKind engine, Granularity granularity, Encoding encoding, int unit_columns = 8) {
  MappingConfig config;
  config.engine = engine;
  config.granularity = granularity;
  config.encoding = encoding;
  config.hardware.operation_unit.columns = unit_columns;
  return map_network(four_kernels(), config);
}

/// output, slot, shift, negative
using Entry = std::tuple<int, int, int, bool>;

std::vector<Entry> entries_of(const LayerMapping& mapping) {
  std::vector<Entry> entries;
  for (const ScatterEntry& entry : mapping.entries) {
    entries.emplace_back(entry.output, entry.slot, entry.shift, entry.negative);
  }
  return entries;
}

void check_storage(const Storage& storage, std::uint64_t cells, std::uint64_t table_bits, std::uint64_t index_bits) {
  CHECK(storage.dense_cells == 4 * 9 * 8);
  CHECK(storage.cells == cells);
  CHECK(storage.table_bits == table_bits);
  CHECK(storage.index_bits == index_bits);
}

}  // namespace

TEST_CASE("dense stores every kernel") {
  const WeightImage image = map_four(EngineKind::dense, Granularity::bit_column, Encoding::twos_complement);
  const LayerMapping& mapping = image.mappings.at(0);
  CHECK(image.granularity == Granularity::kernel);
  CHECK(mapping.units.size() == 4);
  CHECK(entries_of(mapping) ==
        std::vector<Entry>{{0, 0, 0, false}, {1, 0, 0, false}, {2, 0, 0, false}, {3, 0, 0, false}});
  check_storage(mapping.storage, 288, 0, 0);
  CHECK(mapping.initial_sums == std::vector<std::int32_t>{0 - 27, 10 + 27, 20 - 27, 30});
  CHECK(mapping.row_group_starts == std::vector<std::uint32_t>{0, 9});

  // The kernel of -1 is the second unit of the grid: all its cells are 1. The kernel of 1: the lowest column.
  CHECK(mapping.units[1].wordline == 0);
  CHECK(mapping.units[1].bitline == 8);
  CHECK(mapping.units[1].signed_slots);
  for (std::size_t row = 0; row < 9; ++row) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      CHECK(image.cells.get(0, row, bit) == (bit == 0));
      CHECK(image.cells.get(0, row, 8 + bit));
    }
  }
}

TEST_CASE("dense with differential cells has a slot for either sign") {
  const auto image = map_four(EngineKind::dense, Granularity::kernel, Encoding::differential);
  const LayerMapping& mapping = image.mappings.at(0);
  CHECK(mapping.units.size() == 8);
  CHECK(entries_of(mapping)[0] == Entry{0, 0, 0, false});
  CHECK(entries_of(mapping)[1] == Entry{0, 0, 0, true});
  CHECK(mapping.entries.size() == 8);
  check_storage(mapping.storage, 8 * 9 * 7, 0, 0);
}

TEST_CASE("wpr stores a repeated kernel once and a zero kernel never") {
  const auto image = map_four(EngineKind::wpr, Granularity::kernel, Encoding::twos_complement);
  const LayerMapping& mapping = image.mappings.at(0);
  REQUIRE(mapping.units.size() == 2);
  CHECK(mapping.units[1].first_entry == 2);
  CHECK(entries_of(mapping) == std::vector<Entry>{{0, 0, 0, false}, {2, 0, 0, false}, {1, 0, 0, false}});
  check_storage(mapping.storage, 2 * 72, 3 * (2 + 1), 2);
}

TEST_CASE("wpr lets a positive part stand for another output's negative part") {
  const auto image = map_four(EngineKind::wpr, Granularity::kernel, Encoding::differential);
  const LayerMapping& mapping = image.mappings.at(0);
  REQUIRE(mapping.units.size() == 1);
  CHECK(mapping.units[0].columns == 7);
  CHECK_FALSE(mapping.units[0].signed_slots);
  CHECK(entries_of(mapping) == std::vector<Entry>{{0, 0, 0, false}, {1, 0, 0, true}, {2, 0, 0, false}});
  check_storage(mapping.storage, 63, 3 * (2 + 1 + 1), 1);
}

TEST_CASE("wpr at bit_column granularity shares columns between bits") {
  const auto image = map_four(EngineKind::wpr, Granularity::bit_column, Encoding::twos_complement);
  const LayerMapping& mapping = image.mappings.at(0);
  REQUIRE(mapping.units.size() == 1);
  CHECK(mapping.units[0].columns == 1);
  CHECK(mapping.units[0].slot_columns == 1);
  CHECK_FALSE(mapping.units[0].signed_slots);
  std::vector<Entry> expected{{0, 0, 0, false}};
  for (int bit = 0; bit < 8; ++bit) expected.emplace_back(1, 0, bit, bit == 7);
  expected.emplace_back(2, 0, 0, false);
  CHECK(entries_of(mapping) == expected);
  check_storage(mapping.storage, 9, 10 * (2 + 1 + 3), 1);

  const auto differential = map_four(EngineKind::wpr, Granularity::bit_column, Encoding::differential);
  check_storage(differential.mappings.at(0).storage, 9, 3 * (2 + 1 + 3 + 1), 1);
}

TEST_CASE("pattern_pruned stores no zero kernel, and repeated ones again") {
  const auto image = map_four(EngineKind::pattern_pruned, Granularity::kernel, Encoding::twos_complement);
  CHECK(image.mappings.at(0).units.size() == 3);
  check_storage(image.mappings.at(0).storage, 3 * 72, 3 * 2, 2);
}

TEST_CASE("mixed_ou stores as many columns as weights need, slots of one width side by side") {
  const auto image = map_four(EngineKind::mixed_ou, Granularity::kernel, Encoding::twos_complement);
  const LayerMapping& mapping = image.mappings.at(0);
  REQUIRE(mapping.units.size() == 2);
  CHECK(mapping.units[0].columns == 2);
  CHECK(mapping.units[0].slot_columns == 1);
  CHECK_FALSE(mapping.units[0].signed_slots);
  CHECK(mapping.units[1].columns == 1);
  CHECK(mapping.units[1].signed_slots);
  CHECK(entries_of(mapping) == std::vector<Entry>{{0, 0, 0, false}, {2, 1, 0, false}, {1, 0, 0, false}});
  check_storage(mapping.storage, 3 * 9, 3 * 2, 2 + 2 * 4);
}

TEST_CASE("reprise stores a pattern once for its negatives, too") {
  const auto image = map_four(EngineKind::reprise, Granularity::kernel, Encoding::twos_complement);
  const LayerMapping& mapping = image.mappings.at(0);
  CHECK(entries_of(mapping) == std::vector<Entry>{{0, 0, 0, false}, {1, 0, 0, true}, {2, 0, 0, false}});
  check_storage(mapping.storage, 9, 3 * (2 + 1 + 1), 1 + 4);
}

TEST_CASE("Slots are narrow as in docs/weight_image.md, and shifted where that saves storage") {
  QuantisedNetwork network = empty_network({8, 1, 1}, 0);
  add_convolution(network, "layer", 3, 1, 1, {12,  -8, 12,  -8, 12,  -8, 12,  -8,  //
                                              -12, 8,  -12, 8,  -12, 8,  -12, 8,   //
                                              3,   1,  3,   1,  3,   1,  3,   1});
  MappingConfig config;
  config.engine = EngineKind::mixed_ou;
  const LayerMapping mixed = map_network(network, config).mappings.at(0);
  CHECK(entries_of(mixed) == std::vector<Entry>{{0, 0, 2, false}, {1, 1, 2, false}, {2, 0, 0, false}});
  CHECK(int{mixed.units.at(0).slot_columns} == 3);
  CHECK(mixed.storage.cells == 8 * (3 + 3 + 2));
  config.engine = EngineKind::reprise;
  const LayerMapping shared = map_network(network, config).mappings.at(0);
  CHECK(entries_of(shared) == std::vector<Entry>{{0, 0, 2, false}, {1, 0, 2, true}, {2, 0, 0, false}});
  CHECK(shared.storage.cells == 8 * (3 + 2));
}

TEST_CASE("Freed rows are not stored: the shapes of docs/weight_image.md") {
  QuantisedNetwork network = empty_network({4, 1, 1}, 0);
  add_convolution(network, "layer", 3, 1, 1, {5, 6, 0, 0, 0, 7, 0, 8, 1, 2, 0, 0});
  network.shapes = {RowShapes{4, {{0, 1}, {1, 3}}, {0, 1, 0}}};
  MappingConfig config;
  config.engine = EngineKind::pattern_pruned;
  const LayerMapping pruned = map_network(network, config).mappings.at(0);
  CHECK(pruned.rows == std::vector<std::uint32_t>{0, 1, 1, 3});
  CHECK(pruned.row_group_starts == std::vector<std::uint32_t>{0, 2, 4});
  CHECK(entries_of(pruned) == std::vector<Entry>{{0, 0, 0, false}, {2, 0, 0, false}, {1, 0, 0, false}});
  CHECK(pruned.storage.cells == 3 * 2 * 8);
  CHECK(pruned.storage.dense_cells == 3 * 4 * 8);
  CHECK(pruned.storage.index_bits == 2 * 2 + 2 * 2 + 2 * 1);  // steps of 1 and 2 are less than two bitmaps
  config.engine = EngineKind::dense;
  CHECK(map_network(network, config).mappings.at(0).storage.cells == 3 * 4 * 8);
}

TEST_CASE("A weight wider than the operation unit is cut into chunks") {
  const auto image = map_four(EngineKind::wpr, Granularity::kernel, Encoding::twos_complement, 3);
  const LayerMapping& mapping = image.mappings.at(0);
  // 1 is 001 000 00 from the lowest bit on, -1 is 111 111 11; the zero chunks of 1 are not stored.
  REQUIRE(mapping.units.size() == 4);
  CHECK(entries_of(mapping) ==
        std::vector<Entry>{{0, 0, 0, false}, {2, 0, 0, false}, {1, 0, 0, false}, {1, 0, 3, false}, {1, 0, 6, false}});
  CHECK(mapping.units[2].slot_columns == 3);
  CHECK_FALSE(mapping.units[2].signed_slots);
  CHECK(mapping.units[3].slot_columns == 2);
  CHECK(mapping.units[3].signed_slots);
}

TEST_CASE("A wide operation unit holds several slots") {
  const auto image = map_four(EngineKind::dense, Granularity::kernel, Encoding::twos_complement, 18);
  const LayerMapping& mapping = image.mappings.at(0);
  REQUIRE(mapping.units.size() == 2);
  CHECK(mapping.units[0].columns == 16);
  CHECK(entries_of(mapping) ==
        std::vector<Entry>{{0, 0, 0, false}, {1, 1, 0, false}, {2, 0, 0, false}, {3, 1, 0, false}});
}

TEST_CASE("Units are split evenly over the fewest engines, layer after layer") {
  MappingConfig config;
  config.engine = EngineKind::dense;
  config.hardware.crossbar = {9, 16};    // two units a crossbar,
  config.hardware.engine.crossbars = 2;  // four an engine
  QuantisedNetwork network = empty_network({1, 1, 1}, 0);
  add_convolution(network, "five", 5, 1, 1, Weights(5, 1));
  add_convolution(network, "ten", 10, 1, 1, Weights(10, 1));
  const WeightImage image = map_network(network, config);

  const auto& five = image.mappings.at(0);
  REQUIRE(five.engines.size() == 2);
  CHECK(five.engines[0].unit_count == 2);
  CHECK(five.engines[1].unit_count == 3);
  const auto& ten = image.mappings.at(1);
  REQUIRE(ten.engines.size() == 3);
  CHECK(ten.engines[0].engine == 2);
  CHECK(ten.engines[1].first_unit == 3);
  CHECK(ten.engines[2].unit_count == 4);
  CHECK(ten.units[9].crossbar == 4 * 2 + 1);
  CHECK(ten.units[9].bitline == 8);
  CHECK(image.cells.crossbars() == 10);
}

TEST_CASE("An all-zero layer has engines in dense only") {
  QuantisedNetwork network = empty_network({2, 3, 3}, 7);
  add_convolution(network, "zero", 3, 3, 1, Weights(54, 0));
  add_convolution(network, "one", 1, 1, 1, Weights{1, 0});
  MappingConfig config;
  const WeightImage wpr = map_network(network, config);
  CHECK(wpr.mappings[0].units.empty());
  CHECK(wpr.mappings[0].engines.empty());
  CHECK(wpr.mappings[0].row_group_count() == 2);
  CHECK(wpr.mappings[0].storage.index_bits == 0);
  CHECK(wpr.mappings[0].initial_sums == std::vector<std::int32_t>{0, 10, 20});
  CHECK(wpr.mappings[1].engines.at(0).engine == 0);
  CHECK(wpr.mappings[1].storage.table_bits == 0);  // a regular layer
  config.engine = EngineKind::dense;
  CHECK(map_network(network, config).mappings[0].units.size() == 6);
}

TEST_CASE("Row groups stop at the borders of convolution groups") {
  QuantisedNetwork network = empty_network({4, 5, 5}, 0);
  add_convolution(network, "depthwise", 4, 3, 4, Weights(36, 2));
  add_convolution(network, "grouped", 2, 3, 2, Weights(36, 2));
  MappingConfig config;
  config.hardware.operation_unit.rows = 6;
  const WeightImage image = map_network(network, config);
  CHECK(image.mappings[0].row_group_starts == std::vector<std::uint32_t>{0, 6, 9, 15, 18, 24, 27, 33, 36});
  CHECK(image.mappings[1].row_group_starts == std::vector<std::uint32_t>{0, 6, 12, 18, 24, 30, 36});
  CHECK(image.mappings[0].units[2].row_group == 2);
  CHECK(image.mappings[0].entries[2].output == 1);
  CHECK(image.mappings[1].entries[3].output == 1);
}

TEST_CASE("A chip that is too small is named with what each layer needs") {
  QuantisedNetwork network = empty_network({1, 1, 1}, 0);
  add_convolution(network, "five", 5, 1, 1, Weights(5, 1));
  add_convolution(network, "ten", 10, 1, 1, Weights(10, 1));
  MappingConfig config;
  config.engine = EngineKind::dense;
  config.hardware.crossbar = {9, 16};
  config.hardware.engine.crossbars = 2;
  config.hardware.tile.engines = 2;
  config.hardware.mesh = {2, 1};
  CHECK_THROWS_AS(map_network(network, config), InputError);
  CHECK_THROWS_WITH(
      map_network(network, config),
      "network 'sample' needs 5 engines (3 tiles); the chip has 4 (2 x 1 tiles); by layer: five 2, ten 3");
  config.hardware.mesh = {1, 3};
  CHECK_NOTHROW(map_network(network, config));
}

TEST_CASE("Compressed rows: the example of docs/weight_image.md") {
  QuantisedNetwork network = empty_network({4, 1, 1}, 0);
  add_convolution(network, "layer", 2, 1, 1, {3, 0, 0, 1, 0, 0, 2, 1});
  MappingConfig config;
  config.engine = EngineKind::sre;
  const LayerMapping compressed = map_network(network, config).mappings.at(0);
  CHECK(compressed.rows == std::vector<std::uint32_t>{0, 3, 2, 3});
  CHECK(compressed.row_group_starts == std::vector<std::uint32_t>{0, 2, 4});
  CHECK(entries_of(compressed) == std::vector<Entry>{{0, 0, 0, false}, {1, 0, 0, false}});
  CHECK(compressed.storage.cells == 2 * 2 * 8);
  CHECK(compressed.storage.table_bits == 2 * 1);
  CHECK(compressed.storage.index_bits == 2 * 1 + 2 * 2 + 2 * 2);  // units, first rows, steps of 3 and 1
}

TEST_CASE("Few zeros are not worth compressed rows") {
  QuantisedNetwork network = empty_network({4, 1, 1}, 0);
  add_convolution(network, "layer", 2, 1, 1, {3, 5, 0, 1, 7, 1, 2, 1});
  MappingConfig config;
  config.engine = EngineKind::sre;
  const LayerMapping mapping = map_network(network, config).mappings.at(0);
  CHECK(mapping.storage.net() == mapping.storage.dense_cells);
}

TEST_CASE("Outputs share an operation unit as wide as two weights, and then its rows") {
  QuantisedNetwork network = empty_network({4, 1, 1}, 0);
  add_convolution(network, "layer", 2, 1, 1, {3, 0, 0, 0, 0, 0, 0, 1});
  MappingConfig config;
  config.engine = EngineKind::sre;
  config.hardware.operation_unit.columns = 16;
  const LayerMapping mapping = map_network(network, config).mappings.at(0);
  CHECK(mapping.rows == std::vector<std::uint32_t>{0, 3});
  CHECK(mapping.storage.cells == 2 * 16);
}

TEST_CASE("High row groups lie one below another in a column of units") {
  QuantisedNetwork network = empty_network({20, 1, 1}, 0);
  add_convolution(network, "layer", 17, 1, 1, Weights(17 * 20, 1));
  MappingConfig config;
  config.engine = EngineKind::dense;
  config.hardware.operation_unit.group_rows = 20;
  const LayerMapping mapping = map_network(network, config).mappings.at(0);
  REQUIRE(mapping.units.size() == 17);
  CHECK(mapping.row_group_count() == 1);
  CHECK(mapping.units[15].wordline == 0);
  CHECK(mapping.units[15].bitline == 120);
  CHECK(mapping.units[16].wordline == 27);  // three places of nine wordlines below
  CHECK(mapping.units[16].bitline == 0);
}

TEST_CASE("A budget of engines goes to the layers that take longest") {
  QuantisedNetwork network = empty_network({9, 1, 1}, 0);
  add_convolution(network, "wide", 30, 1, 1, Weights(30 * 9, 1));
  add_convolution(network, "narrow", 40, 1, 1, Weights(40 * 9, 1));
  MappingConfig config;
  config.engine = EngineKind::dense;
  config.engine_budget = 7;
  const WeightImage image = map_network(network, config);
  CHECK(image.mappings[0].engines.size() == 3);  // 30 and 40 units: 10 each
  CHECK(image.mappings[1].engines.size() == 4);
  config.engine_budget = 1;
  CHECK_THROWS_WITH(map_network(network, config),
                    Contains("needs 2 engines") && Contains("engine_budget is 1") && Contains("wide 1, narrow 1"));
  config.engine_budget = 100000;
  CHECK_THROWS_WITH(map_network(network, config), Contains("mapping.engine_budget: 100000; the chip has 2016"));
  config.engine_budget = 2000;
  CHECK(map_network(network, config).mappings[0].engines.size() == 30);  // more have nothing to do
}

TEST_CASE("Weights that cannot be mapped are refused") {
  MappingConfig config;
  QuantisedNetwork network = empty_network({1, 1, 1}, 0);
  add_convolution(network, "low", 2, 1, 1, Weights{1, -128});
  CHECK_NOTHROW(map_network(network, config));
  config.encoding = Encoding::differential;
  CHECK_THROWS_WITH(map_network(network, config), Contains("layer 'low'") && Contains("-128"));

  network = empty_network({2, 1, 1}, 0);
  add_convolution(network, "short", 2, 1, 1, Weights{1, 2, 3});
  CHECK_THROWS_WITH(map_network(network, config), Contains("layer 'short': 3 weights") && Contains("expected 4"));
  add_convolution(network, "odd", 3, 1, 2, Weights{1, 2, 3});
  network.weights[0].push_back(4);
  CHECK_THROWS_WITH(map_network(network, config),
                    Contains("'odd': 2 groups do not divide 2 input and 3 output channels"));
}

TEST_CASE("An accumulator that could leave 32 bits is refused") {
  QuantisedNetwork network = empty_network({1, 1, 1}, 0);
  add_convolution(network, "big", 1, 1, 1, Weights{100});
  auto& bias = std::get<ConvolutionLayer>(network.description.layers[0].operation).bias;
  bias[0] = 2147483647 - 25500;
  CHECK(map_network(network, {}).mappings[0].initial_sums[0] == bias[0]);
  ++bias[0];
  CHECK_THROWS_WITH(map_network(network, {}),
                    Contains("layer 'big': the accumulator of output 0 may reach 2147483648"));
  bias[0] = -2147483647 - 1;
  network.weights[0] = {0};
  CHECK_THROWS_AS(map_network(network, {}), InputError);
}
