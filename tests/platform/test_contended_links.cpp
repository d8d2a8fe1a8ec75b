// Random networks on random machines whose links contend: routers at transaction level, at pin level and mixed.
#include <catch2/catch.hpp>
#include <systemc>

#include "platform/simulation.h"
#include "support/error.h"
#include "tests/platform/sample_run.h"

using namespace reprise;
using namespace reprise::test;

namespace {

struct Case : SampleRun {
  explicit Case(unsigned seed) : Case(Random(seed)) {}

 private:
  explicit Case(Random random) : SampleRun(random, true) {
    machine.links = Links::contended;
    machine.router_cycles = pick(random, 1, 6);
    machine.router_buffer_packets = pick(random, 1, 4);
    machine.link_bytes_per_cycle = pick(random, 1, 8);
  }
};

void compare(const SimulationStatistics& a, const SimulationStatistics& b) {
  REQUIRE(a.image_cycles == b.image_cycles);
  REQUIRE(a.elapsed_cycles == b.elapsed_cycles);
  REQUIRE(a.input_output == b.input_output);
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    CAPTURE(i);
    REQUIRE(a.layers[i].activity.first_start == b.layers[i].activity.first_start);
    REQUIRE(a.layers[i].activity.last_finish == b.layers[i].activity.last_finish);
    REQUIRE(a.layers[i].activity.waited_for_consumer == b.layers[i].activity.waited_for_consumer);
    for (std::size_t c = 0; c < kCycleCauses; ++c) {
      const auto cause = static_cast<CycleCause>(c);
      CAPTURE(cause_name(cause));
      REQUIRE(a.layers[i].activity.causes[cause] == b.layers[i].activity.causes[cause]);
    }
    REQUIRE(a.layers[i].events == b.layers[i].events);
  }
}

void compare_links(const SimulationStatistics& a, const SimulationStatistics& b) {
  REQUIRE(a.links.size() == b.links.size());
  for (std::size_t i = 0; i < a.links.size(); ++i) {
    CAPTURE(a.links[i].name);
    REQUIRE(a.links[i].name == b.links[i].name);
    REQUIRE(a.links[i].activity.packets == b.links[i].activity.packets);
    REQUIRE(a.links[i].activity.busy_cycles == b.links[i].activity.busy_cycles);
    REQUIRE(a.links[i].activity.waiting_cycles == b.links[i].activity.waiting_cycles);
  }
}

Cycle waiting(const SimulationStatistics& statistics) {
  Cycle cycles = 0;
  for (const LinkStatistics& link : statistics.links) cycles += link.activity.waiting_cycles;
  return cycles;
}

/// Every cycle of every lane has a cause.
void check_cycles(const SimulationStatistics& statistics) {
  for (const LayerStatistics& layer : statistics.layers) {
    REQUIRE(layer.activity.causes.total() == layer.activity.lanes * statistics.elapsed_cycles);
  }
}

}  // namespace

TEST_CASE("contended links: with routers at pin level, at transaction level and mixed every number is the same") {
  int contended = 0;
  int several_tiles = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Case sample(seed);
    const SimulationStatistics counted = simulated(sample);
    check_cycles(counted);
    contended += waiting(counted) > 0 ? 1 : 0;
    several_tiles += counted.tiles > 1 ? 1 : 0;
    sample.machine.fidelity.rtl = {"tile*.router"};
    const SimulationStatistics pins = simulated(sample);
    compare(counted, pins);
    compare_links(counted, pins);
    sample.machine.fidelity.rtl = {"tile*0.router"};
    const SimulationStatistics mixed = simulated(sample);
    compare(counted, mixed);
    compare_links(counted, mixed);
  }
  CHECK(contended >= 150);
  CHECK(several_tiles >= 100);
}

TEST_CASE("contended links: where no packet waits all is as with ideal links") {
  int compared = 0;
  for (unsigned seed = 1001; seed <= 2000; ++seed) {
    CAPTURE(seed);
    Case sample(seed);
    sample.machine.link_bytes_per_cycle = 65536;
    sample.machine.router_buffer_packets = 65536;
    const SimulationStatistics contended = simulated(sample);
    if (waiting(contended) > 0) continue;
    ++compared;
    sample.machine.links = Links::ideal;
    const SimulationStatistics ideal = simulated(sample);
    CHECK(ideal.links.empty());
    compare(contended, ideal);
  }
  CHECK(compared >= 80);
}

TEST_CASE("contended links: buffers at their least finish, with a single place in the routers") {
  for (unsigned seed = 2001; seed <= 2300; ++seed) {
    CAPTURE(seed);
    Case sample(seed);
    sample.machine.router_buffer_packets = 1;
    sample.machine.link_bytes_per_cycle = 1;
    sample.machine.buffer_extra_rows = 0;
    check_cycles(simulated(sample));
  }
}

TEST_CASE("contended links: a hop of no cycles is refused") {
  Case sample(1);
  sample.machine.router_cycles = 0;
  CHECK_THROWS_WITH(simulated(sample), Catch::Contains("platform.router_cycles"));
}
