// Networks larger than the chip, worked out by hand from docs/machine.md, section 5, Rounds.
#include <catch2/catch.hpp>

#include "platform/simulation.h"
#include "support/error.h"
#include "tests/platform/tiny_network.h"
#include "tests/sc_test.h"

using namespace reprise;
using namespace reprise::test;

namespace {

struct Run {
  SimulationStatistics statistics;
  std::vector<std::vector<std::uint8_t>> outputs;

  Run(const WeightImage& image, const MachineConfig& machine, std::size_t images) {
    renew_kernel();
    const std::vector<std::uint8_t> input(image.network.input_shape.size(), 1);
    SimulationRequest request{image,
                              machine,
                              images,
                              [&](std::size_t) { return input; },
                              [&](std::size_t, const std::vector<std::uint8_t>& bytes) { outputs.push_back(bytes); },
                              {},
                              nullptr};
    statistics = simulate(request);
  }
};

}  // namespace

TEST_CASE("two layers take turns on a chip of one engine") {
  const Run run(layers_in_turns(), one_engine(), 2);
  CHECK(run.outputs == std::vector<std::vector<std::uint8_t>>{{3}, {3}});
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{506, 512});
  CHECK(run.statistics.tiles == 1);

  REQUIRE(run.statistics.reload.rounds.size() == 2);
  const RoundStatistics& a = run.statistics.reload.rounds[0];
  CHECK(a.first_layer == 0);
  CHECK(a.last_layer == 0);
  CHECK(a.engines == 1);
  CHECK(a.activity.times == 2);
  CHECK(a.activity.bytes == 2 * 5);
  CHECK(a.activity.load_cycles == 2 * 41);
  CHECK(a.activity.write_cycles == 6 + 16);
  CHECK(a.writing.cells_set == 1 + 1);
  CHECK(a.writing.cells_reset == 1);
  CHECK(a.writing.set_pulses == 1 + 1);
  CHECK(a.writing.reset_pulses == 2);
  CHECK(a.writing.verifications == 9 + 11);
  const RoundStatistics& b = run.statistics.reload.rounds[1];
  CHECK(b.activity.bytes == 2 * 6);
  CHECK(b.activity.load_cycles == 2 * 41);
  CHECK(b.activity.write_cycles == 22 + 18);
  CHECK(b.writing.cells_set == 2 + 1);
  CHECK(b.writing.cells_reset == 1 + 1);
  CHECK(b.writing.set_pulses == 3);
  CHECK(b.writing.reset_pulses == 4);
  CHECK(b.writing.verifications == 20 + 19);

  // Row 0: bit 0 is set, reset, set, reset; bit 1 set, reset, set. Row 1: bit 0 is set once.
  REQUIRE(run.statistics.reload.wear.size() == 1);
  CHECK(run.statistics.reload.wear[0].crossbar == 0);
  CHECK(run.statistics.reload.wear[0].writes == 8);
  CHECK(run.statistics.reload.wear[0].most_of_a_cell == 4);
  CHECK(run.statistics.reload.cells_by_set_pulses == PulseHistogram{0, 5});
  CHECK(run.statistics.reload.cells_by_reset_pulses == PulseHistogram{0, 0, 3});

  // Events: weights, input, held tensor written and read, result.
  CHECK(run.statistics.input_output[Event::dma_transfer] == 2 * (5 + 6 + 2 + 2 + 2 + 1));
  CHECK(run.statistics.layers[1].events.at(0)[Event::programming_verify] == 39);
  CHECK(run.statistics.layers[0].events.at(0)[Event::programming_set] == 2);

  // a's lane: 47 and 57 until its round begins, then reading 41 and 5 on the way, two windows, then to the end.
  const CycleCounts& causes = run.statistics.layers[0].activity.causes;
  CHECK(causes[CycleCause::reload] == 47 + 57);
  CHECK(causes[CycleCause::input_not_made] == 2 * 41);
  CHECK(causes[CycleCause::finished] == (506 - 207) + (512 - 217));
  CHECK(run.statistics.layers[1].activity.causes[CycleCause::reload] == 316 + 322);
  for (const LayerStatistics& layer : run.statistics.layers) {
    CHECK(layer.activity.causes.total() == run.statistics.elapsed_cycles);
  }
}

TEST_CASE("a batch passes a round before the next is written") {
  // As above: a's round begins at 47. The second image is started later, by what the host takes, and read behind the
  // first. b is written once for both.
  MachineConfig machine = one_engine();
  machine.images_in_flight = 2;
  for (const std::size_t images : {2U, 3U}) {
    const Run run(layers_in_turns(), machine, images);
    CHECK(run.outputs == std::vector<std::vector<std::uint8_t>>(images, {3}));
    const std::size_t batches = (images + 1) / 2;
    CHECK(run.statistics.reload.rounds[0].activity.times == batches);
    CHECK(run.statistics.reload.rounds[1].activity.times == batches);
    // The first tensor is written at 253, which makes room for the second: a is finished at 150, 207, 310, 367, the
    // second tensor is here at 372 and written at 413. b's round begins at 413 + 41 + 22 = 476; two rows are read at
    // 517 and 558, b is finished at 558 + 5 + 57 = 620, written at 620 + 5 + 41 = 666. Only then there is room for two
    // more rows: 661, 702, 702 + 5 + 57 = 764, 764 + 5 + 41 = 810.
    REQUIRE(run.statistics.image_starts.size() == images);
    CHECK(run.statistics.image_cycles[0] == 666);
    CHECK(run.statistics.image_cycles[1] == 810 - run.statistics.image_starts[1]);
  }
}

TEST_CASE("in sequential execution layers of a round and its inputs take turns, too") {
  MachineConfig machine = one_engine();
  machine.execution = Execution::sequential;
  const Run run(layers_in_turns(), machine, 1);
  CHECK(run.outputs == std::vector<std::vector<std::uint8_t>>{{3}});
  // a begins when both rows are here, 134: 191, 248, arrives at 253, written at 294; b's round begins at 294 + 63 =
  // 357, its inputs are here at 357 + 82 + 5 = 444: 501, 506, 547.
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{547});
}

TEST_CASE("rounds at pin level and over links that contend give the same") {
  MachineConfig machine = one_engine();
  machine.fidelity.rtl = {"tile0.pe0_round1"};
  machine.links = Links::contended;
  const Run run(layers_in_turns(), machine, 2);
  CHECK(run.outputs == std::vector<std::vector<std::uint8_t>>{{3}, {3}});
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{506, 512});
}

TEST_CASE("networks larger than the chip are refused where that is asked for, or rounds cannot help") {
  const auto refused = [](MachineConfig machine, const std::string& message) {
    WeightImage image = layers_in_turns();
    CHECK_THROWS_WITH(make_floorplan(image, machine), Catch::Contains(message));
  };
  MachineConfig machine = one_engine();
  machine.larger_networks = LargerNetworks::refuse;
  refused(machine,
          "the network 'tiny' needs 2 tiles; platform.mesh has 1 x 1 = 1; expected a larger mesh, or "
          "platform.larger_networks: reload");
  machine = one_engine();
  machine.execution = Execution::synchronous;
  refused(machine, "platform.execution: synchronous needs a network that fits the chip");
  machine = one_engine();
  machine.replication.kind = ReplicationKind::balanced;
  refused(machine, "platform.replication.kind: copies of layers need a network that fits the chip");

  WeightImage image = layers_in_turns();
  image.mappings[0].engines = {{0, 0, 1}, {2, 1, 0}};
  CHECK_THROWS_WITH(make_floorplan(image, one_engine()),
                    Catch::Contains("layer 'a' alone needs 2 engines, 2 tiles; platform.mesh has 1 x 1 = 1"));

  MachineConfig without_writing = one_engine();
  without_writing.writing.reset();
  CHECK_THROWS_WITH(Run(layers_in_turns(), without_writing, 1),
                    Catch::Contains("a technology that says how cells are written"));
}

TEST_CASE("drawn pulses are geometric, and the same for the same seed") {
  // 128 x 64 cells set, mean 4: the mean of the draws is 4 within 5 standard errors of sqrt(12 / 8192).
  WeightImage image = empty_image({8, 1, 1});
  image.geometry.engines_per_tile = 1;
  add_convolution(image, "a", kNetworkInput, {}, {8, 1, 1}, kOne, 0);
  add_convolution(image, "b", 0, {}, {1, 1, 1}, kOne, 1);
  image.mappings[0].row_group_starts = {0, 8};
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t row = 0; row < 8; ++row) {
      for (std::size_t bit = 0; bit < 8; ++bit) image.cells.set(0, row, 8 * i + bit);
    }
  }
  MachineConfig machine = one_engine();
  machine.reload.pulses = PulseCount::drawn;
  machine.writing->set_pulses = 4;
  const RoundPlan plan(image, machine);
  const auto written = [&](std::uint64_t seed) {
    machine.reload.seed = seed;
    CellProgrammer programmer(image, plan, machine);
    programmer.write(0);
    return programmer.cells_by_set_pulses();
  };
  PulseHistogram sum(1001);
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    const PulseHistogram cells = written(seed);
    CHECK(cells == written(seed));
    for (std::size_t i = 0; i < cells.size(); ++i) sum[i] += cells[i];
  }
  std::uint64_t cells = 0;
  std::uint64_t pulses = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    cells += sum[i];
    pulses += i * sum[i];
  }
  CHECK(cells == 16 * 8 * 64);
  CHECK(static_cast<double>(pulses) / static_cast<double>(cells) == Approx(4.0).margin(5 * 0.0383));
  CHECK(static_cast<double>(sum[1]) / static_cast<double>(cells) == Approx(0.25).margin(5 * 0.0048));
  CHECK(written(1) != written(2));
}
