#include <catch2/catch.hpp>

#include <numeric>
#include <random>

#include "platform/energy.h"

using namespace reprise;

namespace {

/// Event i costs i + 1 pJ; a conversion of four bits 0.5.
Technology simple_technology() {
  Technology technology;
  technology.adc.ppsim = {4, {0.5}, "made up"};
  for (std::size_t i = 0; i < kEventCount; ++i)
    technology.coefficients[event_name(static_cast<Event>(i))] = {static_cast<double>(i) + 1.0, "", ""};
  return technology;
}

}  // namespace

TEST_CASE("energy is count times coefficient, by layer, tile and component") {
  EnergyLedger ledger(simple_technology(), 4);
  EventCounts counts;
  counts[Event::schedule_read] = 3;
  counts[Event::adc_convert] = 10;
  ledger.add("conv1", 0, counts);
  ledger.add("conv1", 2, counts);
  ledger.add("conv1", 2, counts);
  ledger.add("fc", 2, counts);
  CHECK(ledger.picojoules(counts) == 3 + 5);
  CHECK(ledger.total() == 32);
  CHECK(ledger.by_layer() == std::map<std::string, double>{{"conv1", 24}, {"fc", 8}});
  CHECK(ledger.by_component()[static_cast<std::size_t>(Event::adc_convert)] == 20);
  const auto rows = ledger.rows();
  REQUIRE(rows.size() == 6);
  CHECK(rows[3].component == Event::adc_convert);
  CHECK(rows[3].layer == "conv1");
  CHECK(rows[3].tile == 2);
  CHECK(rows[3].count == 20);
  CHECK(rows[3].picojoules == 10);
}

TEST_CASE("the parts of an energy ledger add up to its total") {
  std::mt19937_64 random(4711);
  for (int round = 0; round < 200; ++round) {
    EnergyLedger ledger(simple_technology(), 4);
    for (int i = 0; i < 20; ++i) {
      EventCounts counts;
      for (std::size_t e = 0; e < kEventCount; ++e) counts[static_cast<Event>(e)] = random() % 1'000'000'000;
      ledger.add("layer" + std::to_string(random() % 5), static_cast<int>(random() % 4), counts);
    }
    double rows = 0.0;
    std::uint64_t count = 0;
    for (const auto& row : ledger.rows()) {
      rows += row.picojoules;
      count += row.count;
    }
    double layers = 0.0;
    for (const auto& layer : ledger.by_layer()) layers += layer.second;
    const auto components = ledger.by_component();
    CHECK(std::accumulate(components.begin(), components.end(), 0.0) == ledger.total());
    CHECK(rows == Approx(ledger.total()).epsilon(1e-12));
    CHECK(layers == Approx(ledger.total()).epsilon(1e-12));
    std::uint64_t counted = 0;
    for (std::size_t e = 0; e < kEventCount; ++e) counted += ledger.counts()[static_cast<Event>(e)];
    CHECK(count == counted);
  }
}
