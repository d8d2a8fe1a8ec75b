#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "compression/image/image_check.h"
#include "compression/image/weight_decoder.h"
#include "compression/mapping/mapper.h"
#include "tests/mapping/random_compression.h"
#include "tests/mapping/sample_networks.h"

using namespace reprise;

namespace {

using Random = std::mt19937;

int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// Anything from all zero to uniform, with or without repeated kernels.
std::vector<std::int8_t> random_weights(Random& random, std::size_t outputs, std::size_t area, std::size_t channels) {
  const int limit = std::vector<int>{0, 1, 3, 127}[static_cast<std::size_t>(draw(random, 0, 3))];
  const int zeros = draw(random, 0, 9);
  const auto distinct = static_cast<std::size_t>(draw(random, 1, 6));
  const bool repeat = draw(random, 0, 1) == 1;
  std::vector<std::int8_t> weights(outputs * channels * area);
  for (auto& weight : weights) {
    weight = static_cast<std::int8_t>(draw(random, 0, 9) < zeros ? 0 : draw(random, -limit, limit));
  }
  for (std::size_t kernel = distinct; repeat && kernel < outputs * channels; ++kernel) {
    const auto source = static_cast<std::ptrdiff_t>(kernel % distinct * area);
    std::copy_n(weights.begin() + source, area, weights.begin() + static_cast<std::ptrdiff_t>(kernel * area));
  }
  return weights;
}

/// One to three convolutions of 1 x 1 to 5 x 5, plain, grouped or depthwise; 5 x 5 is also the fully connected layer.
QuantisedNetwork random_network(Random& random) {
  const int channels = draw(random, 1, 8);
  QuantisedNetwork network = empty_network({channels, 5, 5}, draw(random, 0, 255));
  const int layers = draw(random, 1, 3);
  for (int layer = 0; layer < layers; ++layer) {
    int groups = draw(random, 1, channels);
    while (channels % groups != 0) --groups;
    const int outputs = groups * draw(random, 1, std::max(1, 16 / groups));
    const int kernel = 2 * draw(random, 0, 2) + 1;
    add_convolution(network, "layer" + std::to_string(layer), outputs, kernel, groups,
                    random_weights(random, static_cast<std::size_t>(outputs), static_cast<std::size_t>(kernel * kernel),
                                   static_cast<std::size_t>(channels / groups)));
  }
  return network;
}

HardwareConfig random_hardware(Random& random) {
  HardwareConfig hardware;
  hardware.crossbar = {draw(random, 16, 256), draw(random, 16, 256)};
  hardware.operation_unit = {draw(random, 1, 16), draw(random, 1, 16), {}};
  if (draw(random, 0, 1) == 1) {
    const int rows = hardware.operation_unit.rows;
    hardware.operation_unit.group_rows = draw(random, rows, hardware.crossbar.rows / rows * rows);
  }
  hardware.engine.crossbars = draw(random, 1, 4);
  hardware.mesh = {64, 64};
  return hardware;
}

std::vector<MappingConfig> all_schemes(const HardwareConfig& hardware, std::optional<int> budget) {
  std::vector<MappingConfig> schemes;
  for (const auto encoding : {Encoding::twos_complement, Encoding::differential}) {
    for (const auto engine : {EngineKind::dense, EngineKind::sre, EngineKind::pattern_pruned, EngineKind::mixed_ou}) {
      schemes.push_back({engine, Granularity::kernel, encoding, hardware, budget});
    }
    for (const auto engine : {EngineKind::wpr, EngineKind::reprise}) {
      schemes.push_back({engine, Granularity::kernel, encoding, hardware, budget});
      schemes.push_back({engine, Granularity::bit_column, encoding, hardware, budget});
    }
  }
  return schemes;
}

/// What the slot's cells of one row add up to.
int slot_value(const CellArray& cells, const OperationUnit& unit, std::size_t slot, std::size_t row) {
  int value = 0;
  for (std::size_t j = 0; j < unit.slot_columns; ++j) {
    if (!cells.get(unit.crossbar, unit.wordline + row, unit.bitline + slot * unit.slot_columns + j)) continue;
    const bool top = unit.signed_slots && j + 1 == unit.slot_columns;
    value += top ? -(1 << j) : 1 << j;
  }
  return value;
}

/// [output][im2col row of all input channels], read back from cells and scatter lists.
std::vector<std::vector<int>> decode(const WeightImage& image, const LayerMapping& mapping) {
  const Layer& layer = image.network.layers[static_cast<std::size_t>(mapping.layer)];
  const int rows = image.network.input_shape.channels * std::get<ConvolutionLayer>(layer.operation).window.area();
  std::vector<std::vector<int>> weights(mapping.initial_sums.size(), std::vector<int>(static_cast<std::size_t>(rows)));
  for (std::size_t u = 0; u < mapping.units.size(); ++u) {
    const OperationUnit& unit = mapping.units[u];
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      for (std::size_t row = 0; row < mapping.rows_in_group(unit.row_group); ++row) {
        const int value = slot_value(image.cells, unit, entry.slot, row) * (1 << entry.shift);
        const std::uint32_t position = mapping.rows.at(mapping.row_group_starts[unit.row_group] + row);
        weights.at(entry.output).at(position) += entry.negative ? -value : value;
      }
    }
  }
  return weights;
}

/// The same of the network's weights: zero for input channels of other convolution groups.
std::vector<std::vector<int>> spread(const QuantisedNetwork& network, std::size_t index) {
  const Layer& layer = network.description.layers[index];
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const auto area = static_cast<std::size_t>(convolution.window.area());
  const auto groups = static_cast<std::size_t>(convolution.groups);
  const auto outputs = static_cast<std::size_t>(layer.shape.channels);
  const auto channels = static_cast<std::size_t>(network.description.input_shape.channels) / groups;
  std::vector<std::vector<int>> rows(outputs, std::vector<int>(channels * groups * area));
  for (std::size_t o = 0; o < outputs; ++o) {
    const std::size_t first_channel = o / (outputs / groups) * channels;
    for (std::size_t i = 0; i < channels * area; ++i) {
      rows[o][first_channel * area + i] = network.weights[index][o * channels * area + i];
    }
  }
  return rows;
}

/// Sums of the accumulators for stored inputs x, as the machine starts and ends them.
bool sums_agree(const QuantisedNetwork& network, const LayerMapping& mapping, std::size_t index, Random& random) {
  const auto weights = spread(network, index);
  const int zero_point = network.description.input_quantisation.zero_point;
  const auto& bias = std::get<ConvolutionLayer>(network.description.layers[index].operation).bias;
  for (std::size_t o = 0; o < weights.size(); ++o) {
    int machine = mapping.initial_sums[o];
    int expected = bias[o];
    for (const int weight : weights[o]) {
      const int x = draw(random, 0, 255);
      machine += weight * x;
      expected += weight * (x - zero_point);
    }
    if (machine != expected) return false;
  }
  return true;
}

/// Units on the grid, inside their engine's crossbars, none on another's cells; engines disjoint. Where all units are
/// one place high, they are filled evenly, and without a budget they are no more than are needed.
void check_placement(const WeightImage& image, std::optional<int> budget) {
  const Geometry& g = image.geometry;
  const std::size_t capacity = static_cast<std::size_t>(g.units_per_crossbar() * g.crossbars_per_engine);
  std::set<std::tuple<std::uint32_t, int, int>> taken;
  std::uint32_t next_engine = 0;
  std::size_t misplaced = 0;
  for (const LayerMapping& mapping : image.mappings) {
    const std::size_t least = (mapping.units.size() + capacity - 1) / capacity;
    if (!g.forms_units()) REQUIRE((budget ? mapping.engines.size() >= least : mapping.engines.size() == least));
    std::uint32_t next_unit = 0;
    std::uint32_t previous_group = 0;
    for (const EngineShare& share : mapping.engines) {
      REQUIRE(share.engine == next_engine++);
      REQUIRE(share.first_unit == next_unit);
      REQUIRE(share.unit_count >= 1);
      REQUIRE(share.unit_count <= capacity);
      if (!g.forms_units()) {
        REQUIRE(share.unit_count >= mapping.units.size() / mapping.engines.size());
        REQUIRE(share.unit_count <= mapping.units.size() / mapping.engines.size() + 1);
      }
      next_unit += share.unit_count;
      for (std::uint32_t u = share.first_unit; u < next_unit; ++u) {
        const OperationUnit& unit = mapping.units.at(u);
        const int rows = static_cast<int>(mapping.rows_in_group(unit.row_group));
        const int places = (rows - 1) / g.unit_rows + 1;
        const bool inside = rows <= g.group_rows && unit.wordline + places * g.unit_rows <= g.crossbar_rows &&
                            unit.bitline + g.unit_columns <= g.crossbar_columns && unit.columns <= g.unit_columns &&
                            unit.columns >= 1 && unit.columns % unit.slot_columns == 0;
        const bool on_grid = unit.wordline % g.unit_rows == 0 && unit.bitline % g.unit_columns == 0;
        const bool own = unit.crossbar / static_cast<std::uint32_t>(g.crossbars_per_engine) == share.engine;
        bool fresh = true;
        for (int place = 0; place < places; ++place) {
          fresh = taken.insert({unit.crossbar, unit.wordline + place * g.unit_rows, unit.bitline}).second && fresh;
        }
        const bool in_order = unit.row_group >= previous_group;
        if (!(inside && on_grid && own && fresh && in_order)) ++misplaced;
        previous_group = unit.row_group;
      }
    }
    REQUIRE(next_unit == mapping.units.size());
  }
  REQUIRE(misplaced == 0);
  REQUIRE(image.cells.crossbars() == next_engine * static_cast<std::size_t>(g.crossbars_per_engine));
}

/// Entries lie by slot, then by output, and every slot has some.
bool entries_in_order(const LayerMapping& mapping) {
  for (std::size_t u = 0; u < mapping.units.size(); ++u) {
    std::size_t slots = 0;
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      if (e == mapping.entries_begin(u) || entry.slot != mapping.entries[e - 1].slot) {
        if (entry.slot != slots++) return false;
      } else if (entry.output < mapping.entries[e - 1].output) {
        return false;
      }
    }
    if (slots != mapping.units[u].columns / mapping.units[u].slot_columns) return false;
  }
  return true;
}

/// No slot is zero, and where patterns are shared no two of a row group that could stand for each other are equal.
bool patterns_distinct(const WeightImage& image, const LayerMapping& mapping) {
  const bool free_shifts = image.granularity == Granularity::bit_column || image.engine == EngineKind::reprise;
  std::set<std::tuple<std::uint32_t, int, std::vector<int>>> seen;
  for (std::size_t u = 0; u < mapping.units.size(); ++u) {
    const OperationUnit& unit = mapping.units[u];
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      if (e != mapping.entries_begin(u) && entry.slot == mapping.entries[e - 1].slot) continue;
      std::vector<int> values;
      for (std::size_t row = 0; row < mapping.rows_in_group(unit.row_group); ++row) {
        values.push_back(slot_value(image.cells, unit, entry.slot, row));
      }
      if (std::all_of(values.begin(), values.end(), [](int v) { return v == 0; })) return false;
      if (!features_of(image.engine).shared) continue;
      const int family = free_shifts ? 0 : entry.shift;
      if (!seen.insert({unit.row_group, family, values}).second) return false;
    }
  }
  return true;
}

std::uint64_t cells_of(const WeightImage& image) {
  std::uint64_t cells = 0;
  for (const LayerMapping& mapping : image.mappings) cells += mapping.storage.cells;
  return cells;
}

void verify(const QuantisedNetwork& network, const WeightImage& image, std::optional<int> budget, Random& random) {
  REQUIRE(image.mappings.size() == network.weights.size());
  REQUIRE(image.reference_weights == network.weights);
  REQUIRE_NOTHROW(check_image(image));
  check_placement(image, budget);
  for (std::size_t i = 0; i < image.mappings.size(); ++i) {
    const LayerMapping& mapping = image.mappings[i];
    REQUIRE(mapping.layer == static_cast<int>(i));
    REQUIRE(decode(image, mapping) == spread(network, i));
    REQUIRE(sums_agree(network, mapping, i, random));
    REQUIRE(entries_in_order(mapping));
    if (features_of(image.engine).shapes) REQUIRE(patterns_distinct(image, mapping));
  }
}

}  // namespace

TEST_CASE("Cells and scatter lists give the weights back, whatever the scheme and the chip") {
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    Random random(seed);
    QuantisedNetwork network = random_network(random);
    if (seed % 2 == 0) test::compress_at_random(random, network);
    const HardwareConfig hardware = random_hardware(random);
    std::map<Encoding, std::uint64_t> dense_cells;
    std::optional<int> budget;
    if (draw(random, 0, 1) == 1) budget = draw(random, 2000, 4000);
    for (const MappingConfig& config : all_schemes(hardware, budget)) {
      CAPTURE(seed, *config.engine, config.granularity, config.encoding);
      const WeightImage image = map_network(network, config);
      verify(network, image, budget, random);
      const auto [dense, first] = dense_cells.emplace(config.encoding, cells_of(image));
      REQUIRE(cells_of(image) <= dense->second);
    }
  }
}

TEST_CASE("The weight -128 survives two's complement") {
  for (int unit_columns = 1; unit_columns <= 16; ++unit_columns) {
    QuantisedNetwork network = empty_network({1, 1, 1}, 0);
    add_convolution(network, "layer", 3, 1, 1, {-128, 127, -1});
    HardwareConfig hardware;
    hardware.operation_unit = {9, unit_columns, {}};
    for (const auto granularity : {Granularity::kernel, Granularity::bit_column}) {
      CAPTURE(unit_columns, granularity);
      const auto image = map_network(network, {EngineKind::wpr, granularity, Encoding::twos_complement, hardware, {}});
      REQUIRE(decode(image, image.mappings[0]) == spread(network, 0));
    }
  }
}

TEST_CASE("Layers that no cache holds are decoded and checked some rows at a time") {
  constexpr std::size_t kRows = 1500;
  constexpr std::size_t kOutputs = 600;
  Random random(1);
  std::vector<std::int8_t> weights(kRows * kOutputs);
  for (std::int8_t& weight : weights) weight = static_cast<std::int8_t>(draw(random, -128, 127));
  QuantisedNetwork network = empty_network({kRows, 1, 1}, 3);
  add_convolution(network, "layer", kOutputs, 1, 1, weights);
  HardwareConfig hardware;
  hardware.mesh = {64, 64};
  for (const auto engine : {EngineKind::dense, EngineKind::reprise}) {
    CAPTURE(engine);
    WeightImage image = map_network(network, {engine, Granularity::kernel, Encoding::twos_complement, hardware, {}});
    std::size_t blocks = 0;
    std::size_t next_row = 0;
    std::size_t different = 0;
    decode_weights(image, image.mappings[0], [&](const DecodedWeights& decoded) {
      ++blocks;
      REQUIRE(decoded.first_row == next_row);
      next_row += decoded.rows;
      for (std::size_t i = 0; i < decoded.values.size(); ++i) {
        const std::size_t row = decoded.first_row + i / kOutputs;
        if (decoded.values[i] != weights[i % kOutputs * kRows + row]) ++different;
      }
    });
    CHECK(blocks == 2);
    CHECK(next_row == kRows);
    CHECK(different == 0);
    CHECK_NOTHROW(check_image(image));
    for (const std::size_t changed : {std::size_t{0}, kRows - 1, weights.size() - 1}) {
      image.reference_weights[0][changed] ^= 1;
      CHECK_THROWS_WITH(check_image(image), Catch::Contains("do not hold the reference weights"));
      image.reference_weights[0][changed] ^= 1;
    }
  }
}
