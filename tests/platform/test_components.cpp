#include <catch2/catch.hpp>

#include <random>

#include "platform/components.h"

using namespace reprise;

namespace {

ComponentCounts sum_of(const ComponentsByPlace& places) {
  ComponentCounts sum;
  for (const auto& entry : places) sum += entry.second;
  return sum;
}

/// A layer of the given numbers of units, an engine each, from engine `first` on.
LayerMapping mapping_of(int layer, std::uint32_t first, const std::vector<std::uint32_t>& units) {
  LayerMapping mapping;
  mapping.layer = layer;
  std::uint32_t unit = 0;
  for (const std::uint32_t count : units) {
    mapping.engines.push_back({first++, unit, count});
    unit += count;
  }
  return mapping;
}

}  // namespace

TEST_CASE("every component has a name of its own") {
  for (std::size_t i = 0; i < kComponentCount; ++i) {
    const auto component = static_cast<Component>(i);
    CHECK(find_component(component_name(component)) == component);
  }
  CHECK(!find_component("flux_capacitor"));
}

TEST_CASE("components by layer and tile, by hand") {
  WeightImage image;
  image.network.layers.resize(2);
  image.network.layers[0].name = "conv";
  image.network.layers[1].name = "fc";
  std::get<ConvolutionLayer>(image.network.layers[1].operation).filter = InputFilter{};
  image.mappings = {mapping_of(0, 10, {1, 1, 2}), mapping_of(1, 13, {5})};  // engines 10 to 12, and 13
  image.mappings[0].storage.table_bits = 40;
  image.mappings[0].storage.index_bits = 3;
  const ComponentsByPlace places = components_in_use(image, {});
  CHECK(places.size() == 5);  // conv in tiles 0 and 1, fc in 1, the two tiles
  CHECK(places.at({"conv", 0})[Component::adc] == 2);
  CHECK(places.at({"conv", 0})[Component::mapping_table_bit] == 21);
  CHECK(places.at({"conv", 1})[Component::mapping_table_bit] == 22);
  CHECK(places.at({"conv", 1})[Component::dac] == 8 * 128);
  CHECK(places.at({"fc", 1})[Component::crossbar_cell] == 8 * 128 * 128);
  CHECK(places.at({"fc", 1})[Component::input_filter_lane] == 32);
  CHECK(places.at({"fc", 1})[Component::router] == 0);
  CHECK(places.at({"", 0})[Component::router] == 1);
  CHECK(places.at({"", 1})[Component::layer_buffers] == 1);
  CHECK(places.at({"", 1})[Component::adc] == 0);
}

TEST_CASE("whatever the layers, all bits, engines and tiles are counted once") {
  std::mt19937_64 random(2024);
  for (int round = 0; round < 500; ++round) {
    WeightImage image;
    image.geometry.engines_per_tile = static_cast<int>(random() % 5) + 1;
    std::uint32_t engines = 0;
    std::uint64_t bits = 0;
    const int layers = static_cast<int>(random() % 6) + 1;
    image.network.layers.resize(static_cast<std::size_t>(layers));
    for (int layer = 0; layer < layers; ++layer) {
      image.network.layers[static_cast<std::size_t>(layer)].name = "layer" + std::to_string(layer);
      std::vector<std::uint32_t> units(random() % 9 + 1);
      for (std::uint32_t& count : units) count = static_cast<std::uint32_t>(random() % 1000) + 1;
      LayerMapping mapping = mapping_of(layer, engines, units);
      mapping.storage.table_bits = random() % 1'000'000'000;
      mapping.storage.index_bits = random() % 1'000;
      bits += mapping.storage.table_bits + mapping.storage.index_bits;
      engines += static_cast<std::uint32_t>(units.size());
      image.mappings.push_back(mapping);
    }
    MachineConfig machine;
    machine.pipeline.adcs = static_cast<int>(random() % 4) + 1;
    const ComponentCounts sum = sum_of(components_in_use(image, machine));
    const auto tile = static_cast<std::uint64_t>(image.geometry.engines_per_tile);
    CHECK(sum[Component::mapping_table_bit] == bits);
    CHECK(sum[Component::shift_add] == engines);
    CHECK(sum[Component::adc] == engines * static_cast<std::uint64_t>(machine.pipeline.adcs));
    CHECK(sum[Component::router] == (engines + tile - 1) / tile);
  }
}
