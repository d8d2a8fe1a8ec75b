#include "tests/platform/buffer_ledger.h"

#include <catch2/catch.hpp>

#include "tlm/floorplan.h"

namespace reprise::test {

void BufferLedger::buffer_changes(int layer, int input, Cycle cycle, long pixels) {
  const Buffer buffer{layer, input};
  changes_[buffer][{beginnings_, cycle}] += pixels;
  (pixels > 0 ? came_ : went_)[buffer] += pixels;
}

void BufferLedger::check_buffer(const Buffer& buffer, const Shape& shape, long rows, std::size_t images) const {
  const auto [layer, input] = buffer;
  CAPTURE(layer, input);
  const auto pixels = static_cast<long>(shape.pixels() * images);
  REQUIRE(came_.at(buffer) == pixels);
  REQUIRE(went_.at(buffer) == -pixels);
  long held = 0;
  for (const auto& [moment, change] : changes_.at(buffer)) {
    held += change;
    REQUIRE(held >= 0);
    REQUIRE(held <= rows * shape.width);
  }
  REQUIRE(held == 0);
}

void BufferLedger::check(const WeightImage& image, const MachineConfig& machine, std::size_t images) const {
  const NetworkDescription& network = image.network;
  const Floorplan plan = make_floorplan(image, machine);
  std::size_t buffers = 0;
  for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
    const std::vector<int>& inputs = network.layers[layer].inputs;
    for (std::size_t input = 0; input < inputs.size(); ++input, ++buffers) {
      check_buffer({static_cast<int>(layer), static_cast<int>(input)}, network.shape_of(inputs[input]),
                   plan.layers[layer].depths[input], images);
    }
  }
  const Shape& output = network.layers.back().shape;
  const auto in_flight = static_cast<long>(machine.images_in_flight);
  check_buffer({static_cast<int>(network.layers.size()), 0}, output, in_flight * output.height, images);
  REQUIRE(changes_.size() == buffers + 1);
}

}  // namespace reprise::test
