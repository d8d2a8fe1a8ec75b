#include "platform/components.h"

#include <set>

#include "tlm/replication.h"

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

ComponentsByPlace components_in_use(const WeightImage& image, const MachineConfig& machine) {
  const auto engines = layer_engines(image, machine);
  const ComponentCounts one_engine = engine_components(image.geometry, machine.pipeline);
  const auto tile_of = [&](int engine) { return engine / image.geometry.engines_per_tile; };
  ComponentsByPlace places;
  std::set<int> tiles;
  for (const LayerMapping& mapping : image.mappings) {
    const auto layer = static_cast<std::size_t>(mapping.layer);
    for (const std::vector<int>& copy : engines.at(layer)) {
      Division table(mapping.storage.table_bits + mapping.storage.index_bits, units_of(mapping));
      for (std::size_t i = 0; i < copy.size(); ++i) {
        const int tile = tile_of(copy[i]);
        ComponentCounts& counts = places[{image.network.layers[layer].name, tile}];
        counts += one_engine;
        counts[Component::mapping_table_bit] += table.next(mapping.engines[i].unit_count);
        tiles.insert(tile);
      }
    }
  }
  for (std::size_t layer = 0; layer < image.network.layers.size(); ++layer) {
    const auto* convolution = std::get_if<ConvolutionLayer>(&image.network.layers[layer].operation);
    if (convolution == nullptr || !convolution->filter) continue;
    for (const std::vector<int>& copy : engines.at(layer)) {
      const int tile = copy.empty() ? 0 : tile_of(copy.front());
      places[{image.network.layers[layer].name, tile}][Component::input_filter_lane] +=
          static_cast<std::uint64_t>(machine.pipeline.input_bytes_per_cycle);
    }
  }
  for (int tile : tiles) places[{"", tile}] += tile_components();
  return places;
}

}  // namespace reprise
