// Two tiny networks whose every cycle and event is worked out by hand from docs/machine.md.
#include <catch2/catch.hpp>

#include "platform/simulation.h"
#include "tests/platform/tiny_network.h"

using namespace reprise;
using namespace reprise::test;

namespace {

SimulationStatistics run(const WeightImage& image, const MachineConfig& machine, const std::vector<std::uint8_t>& input,
                         std::vector<std::uint8_t>& output, std::size_t images) {
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
}
