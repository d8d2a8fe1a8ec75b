#include "tlm/table_entry.h"

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

namespace reprise {
namespace {

int bits_to_count(std::uint64_t values) {
  int bits = 0;
  while ((std::uint64_t{1} << bits) < values) ++bits;
  return bits;
}

/// Whether the layer lies as `dense` would lay it out: then a counter stands for the table.
bool is_regular(const WeightImage& image, const LayerMapping& mapping) {
  const Layer& layer = image.network.layers[static_cast<std::size_t>(mapping.layer)];
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const std::size_t outputs = mapping.initial_sums.size() / static_cast<std::size_t>(convolution.groups);
  const std::size_t rows = static_cast<std::size_t>(image.network.shape_of(layer.inputs.front()).channels) *
                           static_cast<std::size_t>(convolution.window.area());
  if (mapping.rows.size() != rows) return false;
  for (std::size_t row = 0; row < rows; ++row) {
    if (mapping.rows[row] != row) return false;
  }
  std::vector<std::size_t> named(mapping.row_group_count(), 0);
  for (std::size_t unit = 0; unit < mapping.units.size(); ++unit) {
    const OperationUnit& at = mapping.units[unit];
    const std::size_t entries = mapping.entries_end(unit) - mapping.entries_begin(unit);
    if (at.slot_columns != 8 || !at.signed_slots || at.columns != 8 * entries) return false;
    const std::size_t group =
        mapping.row_group_starts[at.row_group] * static_cast<std::size_t>(convolution.groups) / rows;
    for (std::size_t e = mapping.entries_begin(unit); e < mapping.entries_end(unit); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      if (entry.output != group * outputs + named[at.row_group]++ || entry.shift != 0 || entry.negative) return false;
    }
  }
  return std::all_of(named.begin(), named.end(), [&](std::size_t count) { return count == outputs; });
}

}  // namespace

int table_entry_bits(const WeightImage& image, const LayerMapping& mapping) {
  if (image.engine == EngineKind::dense || is_regular(image, mapping)) return 0;
  const EngineFeatures features = features_of(image.engine);
  const bool single_columns = image.granularity == Granularity::bit_column;
  bool shifts = false;
  bool signs = false;
  for (const ScatterEntry& entry : mapping.entries) {
    shifts = shifts || entry.shift != 0;
    signs = signs || entry.negative;
  }
  const int output = bits_to_count(mapping.initial_sums.size());
  const int end_of_list = features.shared ? 1 : 0;
  const int shift = single_columns || (features.narrow && shifts) ? 3 : 0;
  const int sign = image.encoding == Encoding::differential || (!single_columns && signs) ? 1 : 0;
  return output + end_of_list + shift + sign;
}

}  // namespace reprise
