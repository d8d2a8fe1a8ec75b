// Two tiny networks whose every cycle and event is worked out by hand from docs/machine.md.
#include <catch2/catch.hpp>
#include <map>
#include <utility>

#include "platform/simulation.h"
#include "tests/platform/tiny_network.h"
#include "tests/sc_test.h"

using namespace reprise;
using namespace reprise::test;

namespace {

SimulationStatistics run(const WeightImage& image, const MachineConfig& machine, const std::vector<std::uint8_t>& input,
                         std::vector<std::uint8_t>& output, std::size_t images) {
  renew_kernel();
  SimulationRequest request{image,
                            machine,
                            images,
                            [&](std::size_t) { return input; },
                            [&](std::size_t, const std::vector<std::uint8_t>& bytes) { output = bytes; },
                            {},
                            nullptr};
  return simulate(request);
}

}  // namespace

TEST_CASE("links that contend: packets of two flits, rows of the input of three") {
  // As below, with links of one byte. Input rows leave the DMA at 41, 82, 123 in packets of 3 flits and arrive at 48,
  // 89, 130 (+ 4 + 3). conv: 89 + 65 = 154, 219, 284, 349. Packets of 2 flits: the last is at the fc at 349 + 4 + 2 =
  // 355; + 57 = 412, in the output buffer at 417, written at 458. Nothing meets.
  WeightImage image = empty_image({1, 3, 3});
  add_convolution(image, "conv", kNetworkInput, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0}, {2, 2, 2}, kHalf, 0);
  add_convolution(image, "fc", 0, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0}, {1, 1, 1}, kOne, 1);
  for (const bool pin_level : {false, true}) {
    MachineConfig machine;
    machine.links = Links::contended;
    machine.link_bytes_per_cycle = 1;
    if (pin_level) machine.fidelity.rtl = {"tile0.router"};
    std::vector<std::uint8_t> output;
    const SimulationStatistics statistics = run(image, machine, std::vector<std::uint8_t>(9, 1), output, 2);
    CHECK(output == std::vector<std::uint8_t>{16});
    CHECK(statistics.image_cycles == std::vector<Cycle>{458, 458});
    REQUIRE(statistics.links.size() == 2);
    for (const LinkStatistics& link : statistics.links) {
      CHECK(link.activity.packets == 2 * (3 + 4 + 1));
      CHECK(link.activity.busy_cycles == 2 * (3 * 3 + 4 * 2 + 1));
      CHECK(link.activity.waiting_cycles == 0);
    }
    CHECK(statistics.links[0].name == "tile0.injector");
    CHECK(statistics.links[1].name == "tile0.router.local");
    // The first conv window waits 82 cycles for row 1 to be read and 7 for it to come, the others find all here.
    CHECK(statistics.layers[0].activity.causes[CycleCause::input_in_flight] == 2 * 7);
    // fc waits for the last window: made in 349, here in 355.
    CHECK(statistics.layers[1].activity.causes[CycleCause::input_in_flight] == 2 * 6);
  }
}

TEST_CASE("a convolution and a fully connected layer take 455 cycles") {
  // 3 x 3 input, one channel, all pixels 1. conv: 2 x 2 kernel, two outputs, weights 1, half of the sum: all outputs
  // are floor(4 / 2 + 1 / 2) = 2. fc: 2 x 2 kernel over two channels, one output, weights 1: 8 x 2 = 16.
  WeightImage image = empty_image({1, 3, 3});
  add_convolution(image, "conv", kNetworkInput, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0}, {2, 2, 2}, kHalf, 0);
  add_convolution(image, "fc", 0, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0}, {1, 1, 1}, kOne, 1);

  std::vector<std::uint8_t> output;
  const SimulationStatistics statistics = run(image, MachineConfig{}, std::vector<std::uint8_t>(9, 1), output, 2);
  CHECK(output == std::vector<std::uint8_t>{16});

  // Input rows leave the DMA at 41, 82, 123 (40 + ceil(3 / 8) each) and arrive at 46, 87, 128 (+ 4 a hop + 1).
  // A conv window: load ceil(4 / 32) = 1; c = 8, so fill 40; only bit 0 is live: 2 units x 8 = 16; 7 drops.
  // 1 + 40 + 16 + 7 = 64, no merging, write-back ceil(2 / 16) = 1: 65.
  // (0,0) and (0,1) need row 1, (1,0) and (1,1) row 2: 87 + 65 = 152, 217, 282, 347.
  // They arrive at the fc at + 4 + 1: the last at 352. Its window: load ceil(8 / 32) = 1, fill 40, bit 1 is live:
  // 1 unit x 8, 7 drops: 56, write-back 1: 57. Finished at 409, in the output buffer at 414.
  // Writing one byte: 40 + 1. 455.
  CHECK(statistics.image_cycles == std::vector<Cycle>{455, 455});
  const LayerActivity& conv = statistics.layers[0].activity;
  const LayerActivity& fc = statistics.layers[1].activity;
  CHECK(conv.first_start == 87);
  CHECK(conv.last_finish == 347);
  CHECK(conv.windows == 8);  // two images
  CHECK(conv.busy_cycles == 2 * 260);
  CHECK(conv.waited_for_input == 2 * 87);
  CHECK(conv.waited_for_credit == 0);
  CHECK(fc.first_start == 352);
  CHECK(fc.last_finish == 409);

  // Events of two images. conv: 4 windows x 2 units x 1 live bit.
  const EventCounts& events = statistics.layers[0].events.at(0);
  CHECK(statistics.layers[0].activations == 2 * 8);
  CHECK(statistics.layers[0].dropped_activations == 2 * 4 * 2 * 7);
  CHECK(events[Event::schedule_read] == 2 * 8);
  CHECK(events[Event::input_register_write] == 2 * 4 * 4);
  CHECK(events[Event::input_register_read] == 2 * 8 * 4);
  CHECK(events[Event::zero_detector_check] == 2 * 4 * 8);
  CHECK(events[Event::dac_drive] == 2 * 8 * 4);
  CHECK(events[Event::crossbar_read] == 2 * 8 * 4 * 8);
  CHECK(events[Event::adc_convert] == 2 * 8 * 8);
  CHECK(events[Event::accumulator_add] == 2 * 8);
  CHECK(events[Event::table_read] == 0);
  CHECK(events[Event::merge_add] == 0);
  CHECK(events[Event::requantise_op] == 2 * 8);
  CHECK(events[Event::buffer_write] == 2 * 9);
  CHECK(events[Event::buffer_read] == 2 * 16);
  CHECK(events[Event::router_hop] == 2 * 8);  // its own rows: 8 bytes, one hop
  CHECK(statistics.input_output[Event::dma_transfer] == 2 * 10);
  CHECK(statistics.input_output[Event::router_hop] == 2 * 9);
  CHECK(statistics.input_output[Event::buffer_write] == 2 * 1);

  // 4 windows x 2 outputs x 4 rows, and 8 for the fc; eight columns a weight.
  CHECK(statistics.layers[0].products.computed == 2 * 32 * 8);
  CHECK(statistics.layers[1].products.computed == 2 * 8 * 8);
}

TEST_CASE("a full buffer holds the layer before it back") {
  // 1 x 1 convolution, one channel, on 4 x 1 pixels (four rows of one), then a second one whose windows take longer
  // because it has 16 units. Every buffer has one row, so a row may begin only when the consumer has finished the row
  // before.
  WeightImage image = empty_image({1, 4, 1});
  add_convolution(image, "first", kNetworkInput, {}, {1, 4, 1}, kOne, 0);
  add_convolution(image, "second", 0, {}, {16, 4, 1}, kOne, 1);
  MachineConfig machine;
  machine.buffer_rows = 1;

  std::vector<std::uint8_t> output;
  const SimulationStatistics statistics = run(image, machine, {1, 1, 1, 1}, output, 1);
  CHECK(output == std::vector<std::uint8_t>(64, 1));

  // first: load 1 + fill 40 + 8 + 7 drops + write-back 1 = 57. second: 1 + 40 + 16 x 8 + 7 + ceil(16 / 16) = 177.
  // DMA: 41 a row; row r + 1 begins when `first` has released row r.
  //   row 0: read 0..41, arrives 46. first 46..103, arrives 108. second 108..285.
  //   row 1: read 103..144, arrives 149. first: ready 149, but its place is free only at 285: 285..342, arrives 347.
  //          second 347..524.
  //   row 2: read 342..383, arrives 388. first: 524..581, arrives 586. second 586..763.
  //   row 3: read 581..622, 627. first: 763..820, arrives 825. second 825..1002.
  // Output rows arrive at + 4 + 1 = 1007; write 40 + 64 / 8 = 48: 1055.
  const LayerActivity& first = statistics.layers[0].activity;
  const LayerActivity& second = statistics.layers[1].activity;
  CHECK(first.first_start == 46);
  CHECK(first.last_finish == 820);
  CHECK(first.waited_for_input == 46 + (149 - 103) + (388 - 342) + (627 - 581));
  CHECK(first.waited_for_credit == (285 - 149) + (524 - 388) + (763 - 627));
  CHECK(second.last_finish == 1002);
  CHECK(second.waited_for_credit == 0);
  CHECK(statistics.image_cycles == std::vector<Cycle>{1055});

  // A lane each, from 0 to 1055. `first` and `second` have four windows of load 1, fill 40, 8 or 128 busy, 7 dropped,
  // write-back 1. What is on its way: 5 cycles each time that `first` waits for a row.
  const CycleCounts& causes = first.causes;
  CHECK(causes[CycleCause::input_not_made] == 41 + (144 - 103) + (383 - 342) + (622 - 581));
  CHECK(causes[CycleCause::input_in_flight] == 4 * 5);
  CHECK(causes[CycleCause::credit] == first.waited_for_credit);
  CHECK(first.waited_for_consumer == std::vector<Cycle>{first.waited_for_credit});
  CHECK(causes[CycleCause::load] == 4);
  CHECK(causes[CycleCause::fill] == 4 * 40);
  CHECK(causes[CycleCause::busy] == 4 * 8);
  CHECK(causes[CycleCause::dropped] == 4 * 7);
  CHECK(causes[CycleCause::write_back] == 4);
  CHECK(causes[CycleCause::finished] == 1055 - 820);
  CHECK(causes.total() == 1055);
  CHECK(second.causes[CycleCause::busy] == 4 * 128);
  CHECK(second.causes[CycleCause::finished] == 1055 - 1002);
  CHECK(second.causes.total() == 1055);
}

namespace {

/// The worked example of docs/machine.md, section 5: rows of one pixel, every window takes 57.
WeightImage three_layers() {
  WeightImage image = empty_image({1, 3, 1});
  add_convolution(image, "A", kNetworkInput, {}, {1, 3, 1}, kOne, 0);
  add_convolution(image, "B", 0, {2, 1, 1, 1, 1, 1, 0, 0, 0, 0}, {1, 2, 1}, kHalf, 1);
  add_convolution(image, "C", 1, {}, {1, 2, 1}, kOne, 2);
  return image;
}

/// When its windows begin and are finished, [layer][window].
struct Times : ActivityObserver {
  using Span = std::pair<Cycle, Cycle>;

  void window(int layer, std::uint64_t window, const WindowTimes& times) override {
    spans[layer].resize(window + 1);
    spans[layer][window] = {times.start, times.finish};
  }
  void transfer(const DmaActivity& transfer) override {
    if (!transfer.write) reads.push_back({transfer.begin, transfer.end});
  }

  std::map<int, std::vector<Span>> spans;
  std::vector<Span> reads;
};

struct Traced {
  SimulationStatistics statistics;
  Times times;
};

Traced run_ones(const WeightImage& image, const MachineConfig& machine, std::size_t images = 1) {
  renew_kernel();
  Traced traced;
  SimulationRequest request{image,
                            machine,
                            images,
                            [&](std::size_t) { return std::vector<std::uint8_t>(image.network.input_shape.size(), 1); },
                            [&](std::size_t, const std::vector<std::uint8_t>& bytes) {
                              CHECK(bytes == std::vector<std::uint8_t>(image.network.layers.back().shape.size(), 1));
                            },
                            {},
                            &traced.times};
  traced.statistics = simulate(request);
  return traced;
}

using Spans = std::vector<Times::Span>;

}  // namespace

TEST_CASE("three layers, each beginning as soon as it can") {
  const Traced run = run_ones(three_layers(), {});
  CHECK(run.times.reads == Spans{{0, 41}, {41, 82}, {82, 123}});
  CHECK(run.times.spans.at(0) == Spans{{46, 103}, {103, 160}, {160, 217}});
  CHECK(run.times.spans.at(1) == Spans{{165, 222}, {222, 279}});
  CHECK(run.times.spans.at(2) == Spans{{227, 284}, {284, 341}});
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{387});
}

TEST_CASE("three layers, one after another") {
  MachineConfig machine;
  machine.execution = Execution::sequential;
  const Traced run = run_ones(three_layers(), machine);
  CHECK(run.times.reads == Spans{{0, 41}, {41, 82}, {82, 123}});
  CHECK(run.times.spans.at(0) == Spans{{128, 185}, {185, 242}, {242, 299}});
  CHECK(run.times.spans.at(1) == Spans{{304, 361}, {361, 418}});
  CHECK(run.times.spans.at(2) == Spans{{423, 480}, {480, 537}});
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{583});
  // A's first row is there at 46 and waits for the others.
  CHECK(run.statistics.layers[0].activity.causes[CycleCause::turn] == 128 - 46);
  CHECK(run.statistics.layers[0].activity.causes[CycleCause::finished] == 583 - 299);
}

TEST_CASE("three layers in lock step") {
  MachineConfig machine;
  machine.execution = Execution::synchronous;
  const Traced run = run_ones(three_layers(), machine);
  CHECK(run.times.reads == Spans{{0, 41}, {46, 87}, {108, 149}});
  CHECK(run.times.spans.at(0) == Spans{{46, 103}, {108, 165}, {170, 227}});
  CHECK(run.times.spans.at(1) == Spans{{170, 227}, {232, 289}});
  CHECK(run.times.spans.at(2) == Spans{{232, 289}, {294, 351}});
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{397});
  // A's rows 1 and 2 are there at 92 and 154, and A is free at 103 and 165.
  CHECK(run.statistics.layers[0].activity.causes[CycleCause::turn] == (108 - 103) + (170 - 165));
}

TEST_CASE("two images in flight, by hand") {
  MachineConfig machine;
  machine.images_in_flight = 2;
  machine.register_cycles = 2;
  const Traced run = run_ones(three_layers(), machine, 2);
  // The second start comes an input size, a memory access (40 + 1), two addresses and the first start later: at 49. The
  // DMA is busy with the first image until 123. Then there is room in A's buffer for row 3, and for row 4, but for
  // row 5 only when A has finished its last row, at 217.
  CHECK(run.statistics.image_starts == std::vector<Cycle>{0, 49});
  CHECK(run.times.reads == Spans{{0, 41}, {41, 82}, {82, 123}, {123, 164}, {164, 205}, {217, 258}});
  // B's buffer has three rows: A's row 3 may begin when B has released row 0, at 222, its row 4 when the others go, at
  // 279. B needs rows 3 and 4, which is there at 336 + 5; row 5 at 393 + 5.
  CHECK(run.times.spans.at(0) == Spans{{46, 103}, {103, 160}, {160, 217}, {222, 279}, {279, 336}, {336, 393}});
  CHECK(run.times.spans.at(1) == Spans{{165, 222}, {222, 279}, {341, 398}, {398, 455}});
  // The output buffer's two rows are written from 346 to 387, long before C begins again.
  CHECK(run.times.spans.at(2) == Spans{{227, 284}, {284, 341}, {403, 460}, {460, 517}});
  // Out at 522, written at 563.
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{387, 563 - 49});
  CHECK(run.statistics.elapsed_cycles == 563);
  for (const LayerStatistics& layer : run.statistics.layers) CHECK(layer.activity.causes.total() == 563);
}

TEST_CASE("two copies of a layer, by hand") {
  // 1 x 4 pixels: one row, which arrives at 46. Windows of 57.
  WeightImage image = empty_image({1, 1, 4});
  add_convolution(image, "layer", kNetworkInput, {}, {1, 1, 4}, kOne, 0);
  MachineConfig machine;
  machine.replication.kind = ReplicationKind::given_explicitly;
  machine.replication.copies["layer"] = 2;
  const Traced run = run_ones(image, machine);
  CHECK(run.times.spans.at(0) == Spans{{46, 103}, {46, 103}, {103, 160}, {103, 160}});
  CHECK(run.statistics.image_cycles == std::vector<Cycle>{160 + 5 + 41});
  const LayerStatistics& layer = run.statistics.layers[0];
  CHECK(layer.copies == 2);
  CHECK(layer.engines == 2);
  CHECK(layer.activity.lanes == 2);
  CHECK(layer.activity.causes.total() == 2 * 206);
  CHECK(layer.activity.causes[CycleCause::input_not_made] == 2 * 41);
  CHECK(layer.activity.causes[CycleCause::input_in_flight] == 2 * 5);
  CHECK(layer.activity.causes[CycleCause::busy] == 4 * 8);
  CHECK(layer.activity.causes[CycleCause::order] == 0);
  CHECK(layer.activity.causes[CycleCause::finished] == 2 * (206 - 160));
}
