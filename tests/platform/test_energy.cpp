#include <catch2/catch.hpp>

#include <random>

#include "platform/energy.h"

using namespace reprise;

namespace {

/// Event i costs i + 1 pJ; a conversion of four bits 0.5. Component i draws (i + 1) / 4 mW; a converter of four bits 3.
Technology simple_technology() {
  Technology technology;
  technology.adc.ppsim = {4, {0.5}, "made up"};
  technology.adc.static_power = {4, {3.0}, "made up"};
  for (std::size_t i = 0; i < kComponentCount; ++i)
    technology.static_power[component_name(static_cast<Component>(i))] = {0.25 * (static_cast<double>(i) + 1), "", ""};
  for (std::size_t i = 0; i < kEventCount; ++i)
    technology.coefficients[event_name(static_cast<Event>(i))] = {static_cast<double>(i) + 1.0, "", ""};
  return technology;
}

}  // namespace

TEST_CASE("energy is count times coefficient, by layer, tile and component") {
  EnergyLedger ledger(simple_technology(), 4, 0.0);
  EventCounts counts;
  counts[Event::schedule_read] = 3;
  counts[Event::adc_convert] = 10;
  ledger.add("conv1", 0, counts);
  ledger.add("conv1", 2, counts);
  ledger.add("conv1", 2, counts);
  ledger.add("fc", 2, counts);
  CHECK(ledger.picojoules(counts) == 3 + 5);
  CHECK(ledger.total() == 32);
  CHECK(ledger.by_layer().at("conv1").dynamic == 24);
  CHECK(ledger.by_layer().at("fc").total() == 8);
  CHECK(ledger.by_tile().at(0).total() == 8);
  CHECK(ledger.by_tile().at(2).total() == 24);
  const auto components = ledger.by_component();
  CHECK(components.at(static_cast<std::size_t>(Event::adc_convert)) ==
        std::pair<std::string, double>("adc.convert", 20));
  const auto rows = ledger.rows();
  REQUIRE(rows.size() == 6);
  CHECK(rows[3].component == "adc.convert");
  CHECK(rows[3].layer == "conv1");
  CHECK(rows[3].tile == 2);
  CHECK(rows[3].count == 20);
  CHECK(rows[3].picojoules == 10);
}

// 1 mW for 1 us is 1000 pJ.
TEST_CASE("static energy is instances times power times the time of the run") {
  EnergyLedger ledger(simple_technology(), 4, 2.0);
  ComponentCounts engine;
  engine[Component::dac] = 8;  // 0.5 mW each
  engine[Component::adc] = 1;  // 3 mW
  ComponentCounts tile;
  tile[Component::router] = 2;  // 3 mW each
  EventCounts events;
  events[Event::schedule_read] = 5;
  ledger.add("conv1", 1, engine);
  ledger.add("conv1", 1, events);
  ledger.add("", 1, tile);
  CHECK(ledger.picojoules(engine) == 14'000);
  CHECK(ledger.sum().dynamic == 5);
  CHECK(ledger.sum().standing == 26'000);
  CHECK(ledger.total() == 26'005);
  CHECK(ledger.by_layer().at("conv1").standing == 14'000);
  CHECK(ledger.by_layer().at("conv1").dynamic == 5);
  CHECK(ledger.by_layer().at("").total() == 12'000);
  const auto rows = ledger.rows();
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].component == "static.router");
  CHECK(rows[0].count == 2);
  CHECK(rows[1].component == "schedule.read");
  CHECK(rows[2].component == "static.dac");
  CHECK(rows[2].picojoules == 8'000);
}

TEST_CASE("the parts of an energy ledger add up to its total") {
  std::mt19937_64 random(4711);
  for (int round = 0; round < 1000; ++round) {
    EnergyLedger ledger(simple_technology(), 4, static_cast<double>(random() % 1'000'000) / 7.0);
    std::uint64_t expected = 0;
    const auto any = [&] {
      const std::uint64_t count = random() % 3 == 0 ? 0 : random() % 1'000'000'000;
      expected += count;
      return count;
    };
    for (int i = 0; i < 20; ++i) {
      EventCounts events;
      ComponentCounts components;
      for (std::size_t e = 0; e < kEventCount; ++e) events[static_cast<Event>(e)] = any();
      for (std::size_t c = 0; c < kComponentCount; ++c) components[static_cast<Component>(c)] = any();
      const std::string layer = random() % 6 == 0 ? "" : "layer" + std::to_string(random() % 5);
      const int tile = static_cast<int>(random() % 4);
      ledger.add(layer, tile, events);
      ledger.add(layer, tile, components);
    }
    double rows = 0.0;
    std::uint64_t count = 0;
    for (const auto& row : ledger.rows()) {
      rows += row.picojoules;
      count += row.count;
    }
    CHECK(count == expected);
    double components = 0.0;
    for (const auto& component : ledger.by_component()) components += component.second;
    EnergyPart layers;
    for (const auto& layer : ledger.by_layer()) {
      layers.dynamic += layer.second.dynamic;
      layers.standing += layer.second.standing;
    }
    EnergyPart tiles;
    for (const auto& tile : ledger.by_tile()) {
      tiles.dynamic += tile.second.dynamic;
      tiles.standing += tile.second.standing;
    }
    const EnergyPart sum = ledger.sum();
    CHECK(rows == Approx(ledger.total()).epsilon(1e-12));
    CHECK(components == Approx(ledger.total()).epsilon(1e-12));
    CHECK(layers.dynamic == Approx(sum.dynamic).epsilon(1e-12));
    CHECK(layers.standing == Approx(sum.standing).epsilon(1e-12));
    CHECK(tiles.dynamic == Approx(sum.dynamic).epsilon(1e-12));
    CHECK(tiles.standing == Approx(sum.standing).epsilon(1e-12));
  }
}
