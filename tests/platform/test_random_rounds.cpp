// Random networks on chips too small for them: outputs as the integer reference has them, work as on a chip that is
// large enough, and cells as a plain model of them switches.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <tuple>

#include "compression/network/integer_reference.h"
#include "platform/simulation.h"
#include "tests/platform/random_network.h"
#include "tests/sc_test.h"
#include "tlm/replication.h"

using namespace reprise;
using namespace reprise::test;

namespace {

constexpr std::size_t kImages = 3;

struct Case {
  QuantisedNetwork network;
  WeightImage image;
  MachineConfig machine;
  std::vector<std::vector<std::uint8_t>> inputs;
};

struct Outcome {
  SimulationStatistics statistics;
  std::vector<std::vector<std::uint8_t>> outputs;
};

Outcome simulated(const Case& sample, const MachineConfig& machine) {
  renew_kernel();
  Outcome outcome;
  SimulationRequest request{
      sample.image,
      machine,
      kImages,
      [&](std::size_t i) { return sample.inputs[i]; },
      [&](std::size_t, const std::vector<std::uint8_t>& bytes) { outcome.outputs.push_back(bytes); },
      {},
      nullptr};
  outcome.statistics = simulate(request);
  return outcome;
}

std::size_t largest_layer(const WeightImage& image) {
  std::size_t most = 1;
  for (const LayerMapping& mapping : image.mappings) most = std::max(most, mapping.engines.size());
  return most;
}

/// A chip of as many tiles as the largest layer needs at least, and fewer than the network; none where they are equal.
int tiles_of_small_chip(Random& random, const WeightImage& image) {
  const auto per_tile = static_cast<std::uint64_t>(image.geometry.engines_per_tile);
  const int least = static_cast<int>(ceil_divide(largest_layer(image), per_tile));
  const int enough = static_cast<int>(ceil_divide(engines_behind(image), per_tile));
  return least < enough ? pick(random, least, enough - 1) : 0;
}

MachineConfig small_machine(Random& random, const Case& sample, int tiles) {
  MachineConfig machine = sample.machine;
  machine.mesh = {tiles, 1};
  machine.larger_networks = LargerNetworks::reload;
  machine.execution = pick(random, 0, 3) == 0 ? Execution::sequential : Execution::asynchronous;
  machine.images_in_flight = machine.execution == Execution::sequential ? 1 : pick(random, 1, 3);
  if (pick(random, 0, 2) == 0 && machine.router_cycles > 0) machine.links = Links::contended;
  machine.reload = {pick(random, 0, 2) == 0 ? PulseCount::mean : PulseCount::drawn, 7};
  machine.writing = CellWriting{10, 20, 3, 1.5, 3, pick(random, 1, 4), 1000};
  return machine;
}

/// Cells by crossbar of the chip, wordline and bitline, and what switching them takes.
struct PlainCells {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, bool> content;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::uint64_t> writes;
  WritingCounts counts;

  void write(const WeightImage& image, const LayerMapping& mapping, std::size_t& next_engine) {
    const auto per_engine = static_cast<std::size_t>(image.geometry.crossbars_per_engine);
    for (const EngineShare& share : mapping.engines) {
      for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
        const OperationUnit& unit = mapping.units[u];
        const std::size_t crossbar = next_engine * per_engine + unit.crossbar % per_engine;
        for (std::size_t row = 0; row < mapping.rows_in_group(unit.row_group); ++row) {
          for (std::size_t column = 0; column < unit.columns; ++column) {
            const std::size_t wordline = unit.wordline + row;
            const std::size_t bitline = unit.bitline + column;
            put({crossbar, wordline, bitline}, image.cells.get(unit.crossbar, wordline, bitline));
          }
        }
      }
      ++next_engine;
    }
  }

  void put(const std::tuple<std::size_t, std::size_t, std::size_t>& cell, bool wanted) {
    ++counts.verifications;
    if (content[cell] == wanted) return;
    content[cell] = wanted;
    ++writes[cell];
    ++(wanted ? counts.cells_set : counts.cells_reset);
  }
};

std::uint64_t pulses_in(const PulseHistogram& cells) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) sum += i * cells[i];
  return sum;
}

void check_cells(const Case& sample, const SimulationStatistics& statistics) {
  PlainCells cells;
  WritingCounts found;
  for (const RoundStatistics& round : statistics.reload.rounds) found += round.writing;
  for (std::uint64_t batch = 0; batch < statistics.reload.rounds.front().activity.times; ++batch) {
    for (const RoundStatistics& round : statistics.reload.rounds) {
      std::size_t next_engine = 0;
      for (int layer = round.first_layer; layer <= round.last_layer; ++layer) {
        for (const LayerMapping& mapping : sample.image.mappings) {
          if (mapping.layer == layer) cells.write(sample.image, mapping, next_engine);
        }
      }
      REQUIRE(next_engine == round.engines);
    }
  }
  REQUIRE(found.cells_set == cells.counts.cells_set);
  REQUIRE(found.cells_reset == cells.counts.cells_reset);
  REQUIRE(found.verifications - found.set_pulses - found.reset_pulses == cells.counts.verifications);
  REQUIRE(found.set_pulses == pulses_in(statistics.reload.cells_by_set_pulses));
  REQUIRE(found.reset_pulses == pulses_in(statistics.reload.cells_by_reset_pulses));
  REQUIRE(found.set_pulses >= found.cells_set);
  std::uint64_t most = 0;
  std::uint64_t sum = 0;
  for (const auto& [cell, writes] : cells.writes) {
    most = std::max(most, writes);
    sum += writes;
  }
  std::uint64_t most_found = 0;
  std::uint64_t sum_found = 0;
  for (const CrossbarWear& wear : statistics.reload.wear) {
    most_found = std::max(most_found, wear.most_of_a_cell);
    sum_found += wear.writes;
  }
  REQUIRE(most_found == most);
  REQUIRE(sum_found == sum);
}

/// Bytes between the chip and system memory: weights, the network's input and output, held tensors.
void check_transfers(const Case& sample, const SimulationStatistics& statistics) {
  const NetworkDescription& network = sample.image.network;
  std::vector<int> round_of;
  std::uint64_t bytes = 0;
  for (const RoundStatistics& round : statistics.reload.rounds) {
    for (int layer = round.first_layer; layer <= round.last_layer; ++layer) {
      round_of.push_back(static_cast<int>(&round - statistics.reload.rounds.data()));
    }
    bytes += round.activity.bytes;
  }
  std::set<std::pair<int, int>> read{{kNetworkInput, 0}};
  std::set<int> written;
  for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
    for (int input : network.layers[layer].inputs) {
      const int made = input == kNetworkInput ? -1 : round_of[static_cast<std::size_t>(input)];
      if (made == round_of[layer] || (made < 0 && round_of[layer] == 0)) continue;
      read.insert({input, round_of[layer]});
      if (input != kNetworkInput) written.insert(input);
    }
  }
  written.insert(static_cast<int>(network.layers.size()) - 1);
  for (const auto& [tensor, round] : read) bytes += kImages * network.shape_of(tensor).size();
  for (int tensor : written) bytes += kImages * network.shape_of(tensor).size();
  REQUIRE(statistics.input_output[Event::dma_transfer] == bytes);
}

EventCounts work_of(const LayerStatistics& layer) {
  EventCounts sum;
  for (const auto& [tile, events] : layer.events) sum += events;
  for (const Event event :
       {Event::router_hop, Event::programming_set, Event::programming_reset, Event::programming_verify}) {
    sum[event] = 0;
  }
  return sum;
}

void check(const Case& sample, const Outcome& rounds, const Outcome& at_once) {
  REQUIRE(rounds.statistics.reload.rounds.size() > 1);
  REQUIRE(at_once.statistics.reload.rounds.empty());
  const IntegerReference reference(sample.network);
  REQUIRE(rounds.outputs.size() == kImages);
  for (std::size_t i = 0; i < kImages; ++i) REQUIRE(rounds.outputs[i] == reference.output(sample.inputs[i]));
  for (std::size_t i = 0; i < rounds.statistics.layers.size(); ++i) {
    const LayerStatistics& layer = rounds.statistics.layers[i];
    REQUIRE(work_of(layer) == work_of(at_once.statistics.layers[i]));
    REQUIRE(layer.activations == at_once.statistics.layers[i].activations);
    REQUIRE(layer.activity.causes.total() == layer.activity.lanes * rounds.statistics.elapsed_cycles);
  }
  check_cells(sample, rounds.statistics);
  check_transfers(sample, rounds.statistics);
}

}  // namespace

TEST_CASE("random networks in rounds do what they do on a chip that holds them") {
  int cases = 0;
  for (unsigned seed = 1; cases < 150; ++seed) {
    Random random(seed);
    Case sample;
    sample.network = random_network(random);
    sample.image = random_image(random, sample.network);
    const int tiles = tiles_of_small_chip(random, sample.image);
    if (tiles == 0) continue;
    ++cases;
    sample.machine = random_machine(random, sample.image);
    for (std::size_t i = 0; i < kImages; ++i) {
      sample.inputs.push_back(random_input(random, sample.network.description.input_shape));
    }
    const MachineConfig small = small_machine(random, sample, tiles);
    INFO("seed " << seed << ", " << tiles << " tiles, in flight " << small.images_in_flight);
    check(sample, simulated(sample, small), simulated(sample, sample.machine));
  }
}
