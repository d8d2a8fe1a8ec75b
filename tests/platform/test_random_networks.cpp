// Random networks on random machines: what simulate() gives against the integer reference and against docs/machine.md
// evaluated window by window.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <systemc>

#include "compression/mapping/activity.h"
#include "platform/simulation.h"
#include "support/error.h"
#include "tests/platform/plain_machine.h"
#include "tests/platform/sample_run.h"

using namespace reprise;
using namespace reprise::test;

namespace {

constexpr std::size_t kImages = SampleRun::kImages;

struct Case : SampleRun {
  Case(unsigned seed, bool any_execution) : Case(Random(seed), any_execution) {}

  /// The fewest rows with which no buffer can deadlock, the same for all buffers.
  int least_rows() const {
    int rows = 1;
    if (machine.execution == Execution::sequential) {
      for (const Layer& layer : network.description.layers) {
        for (int input : layer.inputs) rows = std::max(rows, network.description.shape_of(input).height);
      }
      return rows;
    }
    for (const auto& layer : plain_least_depths(network.description)) {
      rows = std::max(rows, *std::max_element(layer.begin(), layer.end()));
    }
    return rows;
  }

 private:
  Case(Random random, bool any_execution) : SampleRun(random, any_execution) {
    if (pick(random, 0, 2) == 0) machine.buffer_rows = least_rows() + pick(random, 0, 2);
  }
};

void check_events(const EventCounts& found, const EventCounts& expected) {
  for (std::size_t i = 0; i < kEventCount; ++i) {
    const auto event = static_cast<Event>(i);
    CAPTURE(event_name(event));
    REQUIRE(found[event] == expected[event]);
  }
}

/// A tile without events may be there or not.
void check_events(std::map<int, EventCounts> found, std::map<int, EventCounts> expected, int tiles) {
  for (int tile = 0; tile < tiles; ++tile) {
    CAPTURE(tile);
    check_events(found[tile], expected[tile]);
  }
}

void check_layer(const LayerStatistics& found, const LayerStatistics& expected, int tiles) {
  REQUIRE(found.home_tile == expected.home_tile);
  REQUIRE(found.copies == expected.copies);
  REQUIRE(found.engines == expected.engines);
  REQUIRE(found.activity.windows == expected.activity.windows);
  REQUIRE(found.activity.first_start == expected.activity.first_start);
  REQUIRE(found.activity.last_finish == expected.activity.last_finish);
  REQUIRE(found.activity.busy_cycles == expected.activity.busy_cycles);
  REQUIRE(found.activity.waited_for_input == expected.activity.waited_for_input);
  REQUIRE(found.activity.waited_for_credit == expected.activity.waited_for_credit);
  REQUIRE(found.activity.waited_for_turn == expected.activity.waited_for_turn);
  REQUIRE(found.activity.lanes == expected.activity.lanes);
  REQUIRE(found.activity.waited_for_consumer == expected.activity.waited_for_consumer);
  for (std::size_t i = 0; i < kCycleCauses; ++i) {
    const auto cause = static_cast<CycleCause>(i);
    CAPTURE(cause_name(cause));
    REQUIRE(found.activity.causes[cause] == expected.activity.causes[cause]);
  }
  REQUIRE(found.activations == expected.activations);
  REQUIRE(found.dropped_activations == expected.dropped_activations);
  REQUIRE(found.products.computed == expected.products.computed);
  REQUIRE(found.products.reused == expected.products.reused);
  REQUIRE(found.products.zero == expected.products.zero);
  check_events(found.events, expected.events, tiles);
}

/// Every cycle of every lane has a cause.
void check_cycles(const SimulationStatistics& statistics) {
  for (const LayerStatistics& layer : statistics.layers) {
    const LayerActivity& activity = layer.activity;
    REQUIRE(activity.causes.total() == activity.lanes * statistics.elapsed_cycles);
    const Cycle by_consumer =
        std::accumulate(activity.waited_for_consumer.begin(), activity.waited_for_consumer.end(), Cycle{0});
    REQUIRE(by_consumer == activity.causes[CycleCause::credit]);
  }
}

/// No multiply-accumulate is lost, and the dense engine computes every one.
void check_conservation(const Case& sample, const SimulationStatistics& statistics) {
  const auto columns = static_cast<std::uint64_t>(columns_per_weight(sample.image.encoding));
  for (std::size_t layer = 0; layer < statistics.layers.size(); ++layer) {
    const ProductCounts& products = statistics.layers[layer].products;
    const std::uint64_t of_graph = kImages * columns * multiply_accumulates(sample.network.description, layer);
    REQUIRE(products.computed + products.reused + products.zero == of_graph);
    if (sample.image.engine == EngineKind::dense) REQUIRE(products.computed == of_graph);
  }
}

/// The toolchain counts beforehand what the operation units then do.
void check_activity(const Case& sample, const SimulationStatistics& statistics) {
  if (!sample.machine.pipeline.skip_zero_inputs) return;
  for (const LayerMapping& mapping : sample.image.mappings) {
    const auto number = static_cast<std::size_t>(mapping.layer);
    UnitActivity counted;
    for (const Tensors& tensors : sample.tensors) {
      counted += count_activity(sample.image.network, number, loads_of(mapping, sample.image.geometry), tensors.front(),
                                {tensors.begin() + 1, tensors.end()});
    }
    const LayerStatistics& layer = statistics.layers[number];
    EventCounts events;
    for (const auto& [tile, in_tile] : layer.events) events += in_tile;
    REQUIRE(counted.activations == layer.activations);
    REQUIRE(counted.dropped == layer.dropped_activations);
    REQUIRE(counted.conversions == events[Event::adc_convert]);
  }
}

void check(const Case& sample) {
  const SimulationStatistics found = simulated(sample);
  const SimulationStatistics expected =
      plain_statistics(sample.image, sample.machine, sample.tensors, found.image_starts);
  REQUIRE(found.tiles == expected.tiles);
  for (std::size_t layer = 0; layer < expected.layers.size(); ++layer) {
    CAPTURE(sample.network.description.layers[layer].name);
    check_layer(found.layers[layer], expected.layers[layer], expected.tiles);
  }
  check_events(found.input_output, expected.input_output);
  REQUIRE(found.image_cycles == expected.image_cycles);
  REQUIRE(found.elapsed_cycles == expected.elapsed_cycles);
  check_cycles(found);
  check_conservation(sample, found);
  check_activity(sample, found);
}

}  // namespace

TEST_CASE("random networks: outputs, cycles and counts are those of the reference and of the plain machine") {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    check(Case(seed, false));
  }
}

TEST_CASE("random networks: the same with any execution, images in flight and copies") {
  for (unsigned seed = 2001; seed <= 3500; ++seed) {
    CAPTURE(seed);
    check(Case(seed, true));
  }
}

TEST_CASE("random networks: 10,000 of them, half with links that contend, lose nothing", "[.long]") {
  for (unsigned seed = 10001; seed <= 20000; ++seed) {
    CAPTURE(seed);
    Case sample(seed, true);
    if (seed % 2 == 0) {
      sample.machine.links = Links::contended;
      sample.machine.router_cycles = std::max(sample.machine.router_cycles, 1);
    }
    check_cycles(simulated(sample));
  }
}

TEST_CASE("random networks: cases cover what they should") {
  std::map<Execution, int> executions;
  std::map<ReplicationKind, int> replicated;
  int overlaps = 0;
  CycleCounts causes;
  for (unsigned seed = 2001; seed <= 2200; ++seed) {
    const Case sample(seed, true);
    const SimulationStatistics found = simulated(sample);
    bool copies = false;
    Cycle latencies = 0;
    for (const LayerStatistics& layer : found.layers) {
      copies = copies || layer.copies > 1;
      for (std::size_t i = 0; i < kCycleCauses; ++i) {
        const auto cause = static_cast<CycleCause>(i);
        causes[cause] += layer.activity.causes[cause] > 0 ? 1 : 0;
      }
    }
    for (const Cycle latency : found.image_cycles) latencies += latency;
    ++executions[sample.machine.execution];
    if (copies) ++replicated[sample.machine.replication.kind];
    if (latencies > found.elapsed_cycles) ++overlaps;
  }
  for (const Execution execution : {Execution::asynchronous, Execution::sequential, Execution::synchronous}) {
    CHECK(executions[execution] >= 20);
  }
  CHECK(replicated[ReplicationKind::balanced] >= 20);
  CHECK(replicated[ReplicationKind::given_explicitly] >= 20);
  CHECK(overlaps >= 40);
  for (std::size_t i = 0; i < kCycleCauses; ++i) {
    const auto cause = static_cast<CycleCause>(i);
    if (cause == CycleCause::reload) continue;  // here all layers fit; test_random_rounds.cpp
    INFO(cause_name(cause));
    CHECK(causes[cause] >= 5);  // layers
  }
}

TEST_CASE("random networks: the least buffers finish, smaller ones are refused") {
  for (unsigned seed = 1001; seed <= 1400; ++seed) {
    CAPTURE(seed);
    Case sample(seed, true);
    sample.machine.buffer_rows.reset();
    sample.machine.buffer_extra_rows = 0;
    check(sample);  // every buffer has its own least depth
    sample.machine.buffer_rows = sample.least_rows();
    check(sample);
    sample.machine.buffer_rows = sample.least_rows() - 1;
    REQUIRE_THROWS_AS(simulated(sample), InputError);
  }
}
