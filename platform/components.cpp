#include "platform/components.h"

#include <algorithm>
#include <set>

#include "tlm/replication.h"
#include "tlm/rounds.h"

namespace reprise {
namespace {

constexpr std::array<const char*, kComponentCount> kNames = {
    "crossbar_cell",     "dac",          "sample_hold",       "adc",           "shift_add",   "input_register",
    "input_filter_lane", "accumulators", "mapping_table_bit", "layer_buffers", "vector_unit", "router",
};

/// Of a whole engine, its share of the mapping table left out.
ComponentCounts engine_components(const Geometry& geometry, const PipelineConfig& pipeline) {
  const auto crossbars = static_cast<std::uint64_t>(geometry.crossbars_per_engine);
  const auto columns = static_cast<std::uint64_t>(geometry.crossbar_columns);
  ComponentCounts counts;
  counts[Component::dac] = crossbars * static_cast<std::uint64_t>(geometry.crossbar_rows);
  counts[Component::crossbar_cell] = counts[Component::dac] * columns;
  counts[Component::sample_hold] = crossbars * columns;
  counts[Component::adc] = static_cast<std::uint64_t>(pipeline.adcs);
  counts[Component::shift_add] = 1;
  counts[Component::input_register] = 1;
  counts[Component::accumulators] = 1;
  return counts;
}

ComponentCounts tile_components() {
  ComponentCounts counts;
  counts[Component::layer_buffers] = 1;
  counts[Component::vector_unit] = 1;
  counts[Component::router] = 1;
  return counts;
}

/// Divides bits among parts of given sizes; the pieces add up to the bits.
class Division {
 public:
  Division(std::uint64_t bits, std::uint64_t whole) : bits_(bits), whole_(whole) {}

  std::uint64_t next(std::uint64_t size) {
    const std::uint64_t before = given_;
    passed_ += size;
    given_ = passed_ >= whole_ ? bits_ : bits_ * passed_ / whole_;
    return given_ - before;
  }

 private:
  const std::uint64_t bits_;
  const std::uint64_t whole_;
  std::uint64_t passed_ = 0;
  std::uint64_t given_ = 0;
};

std::uint64_t units_of(const LayerMapping& mapping) {
  std::uint64_t units = 0;
  for (const EngineShare& share : mapping.engines) units += share.unit_count;
  return units;
}

}  // namespace

const char* component_name(Component component) {
  return kNames.at(static_cast<std::size_t>(component));
}

std::optional<Component> find_component(std::string_view name) {
  for (std::size_t i = 0; i < kComponentCount; ++i) {
    if (name == kNames[i]) return static_cast<Component>(i);
  }
  return std::nullopt;
}

namespace {

/// Of the layers of a round, as if there were no other.
ComponentsByPlace components_of_round(const WeightImage& image, const MachineConfig& machine, const RoundPlan& rounds,
                                      int round) {
  const auto engines = layer_engines(image, machine);
  const ComponentCounts one_engine = engine_components(image.geometry, machine.pipeline);
  const auto tile_of = [&](int engine) { return rounds.chip_engine(engine) / image.geometry.engines_per_tile; };
  ComponentsByPlace places;
  for (const LayerMapping& mapping : image.mappings) {
    const auto layer = static_cast<std::size_t>(mapping.layer);
    if (rounds.round_of(mapping.layer) != round) continue;
    for (const std::vector<int>& copy : engines.at(layer)) {
      Division table(mapping.storage.table_bits + mapping.storage.index_bits, units_of(mapping));
      for (std::size_t i = 0; i < copy.size(); ++i) {
        ComponentCounts& counts = places[{image.network.layers[layer].name, tile_of(copy[i])}];
        counts += one_engine;
        counts[Component::mapping_table_bit] += table.next(mapping.engines[i].unit_count);
      }
    }
  }
  for (std::size_t layer = 0; layer < image.network.layers.size(); ++layer) {
    const auto* convolution = std::get_if<ConvolutionLayer>(&image.network.layers[layer].operation);
    if (convolution == nullptr || !convolution->filter || rounds.round_of(static_cast<int>(layer)) != round) continue;
    for (const std::vector<int>& copy : engines.at(layer)) {
      const int tile = copy.empty() ? 0 : tile_of(copy.front());
      places[{image.network.layers[layer].name, tile}][Component::input_filter_lane] +=
          static_cast<std::uint64_t>(machine.pipeline.input_bytes_per_cycle);
    }
  }
  return places;
}

/// Of each tile the most that any round needs: it serves the layers of all rounds and belongs to none.
ComponentsByPlace most_of_rounds(const WeightImage& image, const MachineConfig& machine, const RoundPlan& rounds) {
  ComponentsByPlace most;
  for (std::size_t round = 0; round < rounds.rounds().size(); ++round) {
    ComponentsByPlace by_tile;
    for (const auto& [place, counts] : components_of_round(image, machine, rounds, static_cast<int>(round))) {
      by_tile[{"", place.second}] += counts;
    }
    for (const auto& [place, counts] : by_tile) most[place].raise_to(counts);
  }
  return most;
}

}  // namespace

ComponentsByPlace components_in_use(const WeightImage& image, const MachineConfig& machine) {
  const RoundPlan rounds(image, machine);
  ComponentsByPlace places =
      rounds.reloads() ? most_of_rounds(image, machine, rounds) : components_of_round(image, machine, rounds, 0);
  std::set<int> tiles;
  for (const auto& [place, counts] : places) {
    if (counts[Component::crossbar_cell] > 0) tiles.insert(place.second);
  }
  for (int tile : tiles) places[{"", tile}] += tile_components();
  return places;
}

}  // namespace reprise
