#include "compression/image/weight_decoder.h"

#include <variant>

namespace reprise {
namespace {

/// What a slot of `unit` holds in its row `row`: column j counts 2^j, the last of a signed slot -2^j.
std::int32_t slot_value(const CellArray& cells, const OperationUnit& unit, std::size_t slot, std::size_t row) {
  const std::size_t bitline = unit.bitline + slot * unit.slot_columns;
  const unsigned bits = cells.bits(unit.crossbar, unit.wordline + row, bitline, unit.slot_columns);
  const bool negative = unit.signed_slots && (bits >> (unit.slot_columns - 1U)) != 0;
  return static_cast<std::int32_t>(bits) - (negative ? 1 << unit.slot_columns : 0);
}

}  // namespace

std::vector<std::int32_t> decode_weights(const WeightImage& image, const LayerMapping& mapping) {
  const NetworkDescription& network = image.network;
  const Layer& layer = network.layers[static_cast<std::size_t>(mapping.layer)];
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const int channels = network.shape_of(layer.inputs.front()).channels / convolution.groups;
  const std::size_t rows = static_cast<std::size_t>(channels) * static_cast<std::size_t>(convolution.window.area());
  std::vector<std::int32_t> weights(static_cast<std::size_t>(layer.shape.channels) * rows);
  std::vector<std::int32_t> values;  // of one unit, [slot][row]
  for (std::size_t u = 0; u < mapping.units.size(); ++u) {
    const OperationUnit& unit = mapping.units[u];
    const std::size_t height = mapping.rows_in_group(unit.row_group);
    const std::uint32_t* first_row = &mapping.rows[mapping.row_group_starts[unit.row_group]];
    values.clear();
    for (std::size_t slot = 0; slot * unit.slot_columns < unit.columns; ++slot) {
      for (std::size_t row = 0; row < height; ++row) values.push_back(slot_value(image.cells, unit, slot, row));
    }
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      const std::int32_t factor = (entry.negative ? -1 : 1) * (1 << entry.shift);
      for (std::size_t row = 0; row < height; ++row) {
        weights[entry.output * rows + first_row[row] % rows] += factor * values[entry.slot * height + row];
      }
    }
  }
  return weights;
}

}  // namespace reprise
