#include "tests/platform/tiny_network.h"

namespace reprise::test {

void add_convolution(WeightImage& image, const std::string& name, int from, const SlidingWindow& window, Shape shape,
                     FixedPoint factor, std::uint32_t engine) {
  const int channels = image.network.shape_of(from).channels;
  const auto outputs = static_cast<std::uint32_t>(shape.channels);
  ConvolutionLayer convolution;
  convolution.window = window;
  convolution.bias.assign(outputs, 0);
  convolution.requantisation.assign(outputs, factor);
  Layer layer;
  layer.name = name;
  layer.operation = convolution;
  layer.inputs = {from};
  layer.shape = shape;
  image.network.layers.push_back(layer);

  LayerMapping mapping;
  mapping.layer = static_cast<int>(image.network.layers.size()) - 1;
  const auto rows = static_cast<std::uint32_t>(channels * window.area());
  for (std::uint32_t row = 0; row < rows; ++row) mapping.rows.push_back(row);
  mapping.row_group_starts = {0, rows};
  for (std::uint32_t output = 0; output < outputs; ++output) {
    OperationUnit unit;
    unit.crossbar = engine * static_cast<std::uint32_t>(image.geometry.crossbars_per_engine);
    unit.bitline = static_cast<std::uint16_t>(8 * output);
    unit.columns = 8;
    unit.slot_columns = 8;
    unit.signed_slots = true;
    unit.first_entry = output;
    for (std::uint32_t row = 0; row < rows; ++row) image.cells.set(unit.crossbar, row, unit.bitline);
    mapping.units.push_back(unit);
    mapping.entries.push_back({output, 0, 0, false});
  }
  mapping.engines = {{engine, 0, outputs}};
  mapping.initial_sums.assign(outputs, 0);
  image.mappings.push_back(mapping);
}

WeightImage empty_image(const Shape& input) {
  WeightImage image;
  image.network.name = "tiny";
  image.network.input_shape = input;
  image.cells = CellArray(image.geometry, 16);
  return image;
}

WeightImage layers_in_turns() {
  WeightImage image = empty_image({1, 2, 1});
  image.geometry.engines_per_tile = 1;
  add_convolution(image, "a", kNetworkInput, {}, {1, 2, 1}, kOne, 0);
  add_convolution(image, "b", 0, {2, 1, 1, 1, 1, 1, 0, 0, 0, 0}, {1, 1, 1}, kOne, 1);
  const auto crossbar = static_cast<std::size_t>(image.geometry.crossbars_per_engine);
  image.cells.bytes()[crossbar * image.cells.bytes_per_crossbar()] = 2;  // the weight of row 0
  image.mappings[0].storage.cells = 8;
  image.mappings[1].storage.cells = 16;
  return image;
}

MachineConfig one_engine() {
  MachineConfig machine;
  machine.clock_mhz = 1000.0;
  machine.mesh = {1, 1};
  machine.larger_networks = LargerNetworks::reload;
  machine.reload.pulses = PulseCount::mean;
  machine.writing = CellWriting{2, 3, 2, 1, 2, 1, 1000};
  return machine;
}

}  // namespace reprise::test
