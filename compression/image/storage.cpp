#include "compression/image/storage.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <variant>
#include <vector>

namespace reprise {
namespace {

constexpr std::uint64_t kShiftBits = 3;
constexpr std::uint64_t kSlotWidthBits = 4;  // 1..8 columns, and whether the last one counts negative

/// The least number of bits that tells `values` values apart.
std::uint64_t bits_for(std::uint64_t values) {
  std::uint64_t bits = 0;
  while ((std::uint64_t{1} << bits) < values) ++bits;
  return bits;
}

/// What the scatter entry says beside the output is stored only where it does not follow from the encoding.
std::uint64_t entry_bits(const WeightImage& image, const LayerMapping& mapping) {
  const EngineFeatures features = features_of(image.engine);
  const auto any = [&](auto holds) { return std::any_of(mapping.entries.begin(), mapping.entries.end(), holds); };
  std::uint64_t bits = bits_for(mapping.initial_sums.size());
  if (features.shared) bits += 1;  // the end of a list
  if (image.granularity == Granularity::bit_column) {
    bits += kShiftBits;
  } else if (features.narrow && any([](const ScatterEntry& entry) { return entry.shift > 0; })) {
    bits += kShiftBits;
  }
  if (image.encoding == Encoding::differential) {
    bits += 1;
  } else if (image.granularity == Granularity::kernel &&
             any([](const ScatterEntry& entry) { return entry.negative; })) {
    bits += 1;
  }
  return bits;
}

bool has_all_rows(const LayerMapping& mapping, std::uint64_t all_rows) {
  bool natural = mapping.rows.size() == all_rows;
  for (std::size_t i = 0; natural && i < mapping.rows.size(); ++i) natural = mapping.rows[i] == i;
  return natural;
}

/// Whether all is where a counter finds it, as in `dense`.
bool is_regular(const WeightImage& image, const LayerMapping& mapping, std::uint64_t all_rows,
                std::uint64_t convolution_groups) {
  if (image.engine == EngineKind::dense) return true;
  const std::uint64_t outputs = mapping.initial_sums.size() / convolution_groups;
  if (!has_all_rows(mapping, all_rows) || mapping.entries.size() != mapping.row_group_count() * outputs) return false;
  std::uint64_t slots = 0;
  for (const OperationUnit& unit : mapping.units) {
    if (unit.slot_columns != 8 || !unit.signed_slots) return false;
    slots += unit.columns / unit.slot_columns;
  }
  if (slots != mapping.entries.size()) return false;
  for (std::size_t i = 0; i < mapping.entries.size(); ++i) {
    const ScatterEntry& entry = mapping.entries[i];
    const std::uint64_t row = mapping.rows[mapping.row_group_starts[i / outputs]];
    const std::uint64_t expected = row / (all_rows / convolution_groups) * outputs + i % outputs;
    if (entry.output != expected || entry.shift != 0 || entry.negative) return false;
  }
  return true;
}

/// Which rows the row groups have: nothing where they are all rows in their order. Else the first row of each and the
/// others by their distances, in the one of two ways that needs less: distances from the first row, equal sets of them
/// stored once, as a bitmap; or the distance of each from the row before.
std::uint64_t row_bits(const LayerMapping& mapping, std::uint64_t all_rows) {
  if (has_all_rows(mapping, all_rows)) return 0;
  std::set<std::vector<std::uint32_t>> shapes;
  std::uint64_t span = 0;
  std::uint64_t longest_step = 1;
  for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
    const auto begin = mapping.rows.begin() + mapping.row_group_starts[group];
    std::vector<std::uint32_t> distances(begin, mapping.rows.begin() + mapping.row_group_starts[group + 1]);
    for (std::size_t i = 1; i < distances.size(); ++i)
      longest_step = std::max<std::uint64_t>(longest_step, distances[i] - distances[i - 1]);
    for (std::uint32_t& distance : distances) distance -= *begin;
    span = std::max<std::uint64_t>(span, distances.back());
    shapes.insert(std::move(distances));
  }
  const std::uint64_t groups = mapping.row_group_count();
  const std::uint64_t bitmaps = groups * bits_for(shapes.size()) + shapes.size() * span;
  const std::uint64_t steps = (mapping.rows.size() - groups) * bits_for(longest_step);
  return groups * bits_for(all_rows) + std::min(bitmaps, steps);
}

std::uint64_t matrix_rows(const WeightImage& image, const LayerMapping& mapping) {
  const Layer& layer = image.network.layers[static_cast<std::size_t>(mapping.layer)];
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  return static_cast<std::uint64_t>(image.network.shape_of(layer.inputs.front()).channels) *
         static_cast<std::uint64_t>(convolution.window.area());
}

std::uint64_t convolution_groups(const WeightImage& image, const LayerMapping& mapping) {
  const Layer& layer = image.network.layers[static_cast<std::size_t>(mapping.layer)];
  return static_cast<std::uint64_t>(std::get<ConvolutionLayer>(layer.operation).groups);
}

}  // namespace

Storage count_storage(const WeightImage& image, const LayerMapping& mapping) {
  const std::uint64_t rows = matrix_rows(image, mapping);
  Storage storage;
  storage.dense_cells = 8 * mapping.initial_sums.size() * rows / convolution_groups(image, mapping);
  std::vector<std::uint64_t> units(mapping.row_group_count());
  for (const OperationUnit& unit : mapping.units) {
    storage.cells += std::uint64_t{unit.columns} * mapping.rows_in_group(unit.row_group);
    ++units[unit.row_group];
  }
  if (is_regular(image, mapping, rows, convolution_groups(image, mapping))) return storage;
  storage.table_bits = mapping.entries.size() * entry_bits(image, mapping);
  const std::uint64_t most = units.empty() ? 0 : *std::max_element(units.begin(), units.end());
  storage.index_bits = units.size() * bits_for(most + 1) + row_bits(mapping, rows);
  if (features_of(image.engine).narrow) storage.index_bits += kSlotWidthBits * mapping.units.size();
  return storage;
}

}  // namespace reprise
