#include "rtl_models/engine_program.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/error.h"

namespace reprise::rtl {
namespace {

unsigned bits_to_name(std::size_t count) {
  unsigned bits = 0;
  for (std::size_t named = 1; named < count; named *= 2) ++bits;
  return bits;
}

/// Rows 0, 1, 2, ... and in each row group all outputs 0, 1, 2, ... of its convolution group, 8 columns each: nothing
/// that a counter would not know.
bool follows_counters(const WeightImage& image, const LayerMapping& mapping) {
  std::uint32_t next_row = 0;
  for (const std::uint32_t row : mapping.rows) {
    if (row != next_row++) return false;
  }
  std::size_t slots = 0;
  for (const OperationUnit& unit : mapping.units) {
    if (unit.slot_columns != 8 || !unit.signed_slots) return false;
    slots += unit.columns / 8U;
  }
  if (slots != mapping.entries.size()) return false;
  const Layer& layer = image.network.layers.at(static_cast<std::size_t>(mapping.layer));
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const auto groups = static_cast<std::uint32_t>(convolution.groups);
  const auto outputs = static_cast<std::uint32_t>(mapping.initial_sums.size()) / groups;
  const auto all_rows =
      static_cast<std::uint32_t>(image.network.shape_of(layer.inputs.at(0)).channels * convolution.window.area());
  auto entry = mapping.entries.begin();
  for (std::size_t g = 0; g < mapping.row_group_count(); ++g) {
    const std::uint32_t first = mapping.row_group_starts[g] / (all_rows / groups) * outputs;
    for (std::uint32_t output = first; output < first + outputs; ++output, ++entry) {
      if (entry == mapping.entries.end() || entry->output != output || entry->shift > 0 || entry->negative)
        return false;
    }
  }
  return next_row == all_rows && entry == mapping.entries.end();
}

/// A field of the entry is there only if its value does not follow from how the layer is encoded.
unsigned entry_bits(const WeightImage& image, const LayerMapping& mapping) {
  if (image.engine == EngineKind::dense || follows_counters(image, mapping)) return 0;
  const auto holds = [&](auto property) {
    return std::find_if(mapping.entries.begin(), mapping.entries.end(), property) != mapping.entries.end();
  };
  const bool has_shifts = holds([](const ScatterEntry& entry) { return entry.shift > 0; });
  const bool has_signs = holds([](const ScatterEntry& entry) { return entry.negative; });
  unsigned bits = bits_to_name(mapping.initial_sums.size());
  switch (image.engine) {
    case EngineKind::mixed_ou:
      if (has_shifts) bits += 3;
      break;
    case EngineKind::wpr:
    case EngineKind::reprise:
      bits += 1;  // the end of a list
      if (image.granularity == Granularity::bit_column || (image.engine == EngineKind::reprise && has_shifts))
        bits += 3;
      break;
    default:
      break;
  }
  if (image.encoding == Encoding::differential || (image.granularity == Granularity::kernel && has_signs)) bits += 1;
  return bits;
}

bool has_filter(const WeightImage& image, const LayerMapping& mapping) {
  const Layer& layer = image.network.layers.at(static_cast<std::size_t>(mapping.layer));
  return std::get<ConvolutionLayer>(layer.operation).filter.has_value();
}

void add_group(EngineProgram& program, const LayerMapping& mapping, std::uint32_t group) {
  const auto begin = mapping.rows.begin() + mapping.row_group_starts[group];
  program.groups.push_back({static_cast<std::uint32_t>(program.units.size()), 0,
                            static_cast<std::uint32_t>(program.rows.size()), mapping.rows_in_group(group)});
  program.rows.insert(program.rows.end(), begin, begin + mapping.rows_in_group(group));
}

Activation schedule_entry(const OperationUnit& unit, const EngineRowGroup& group, std::uint32_t first_crossbar) {
  Activation entry;
  entry.crossbar = unit.crossbar - first_crossbar;
  entry.wordline = unit.wordline;
  entry.bitline = unit.bitline;
  entry.first_row = group.first_row;
  entry.rows = static_cast<std::uint16_t>(group.rows);
  entry.columns = unit.columns;
  entry.slot_columns = unit.slot_columns;
  entry.signed_slots = unit.signed_slots;
  return entry;
}

}  // namespace

EngineProgram engine_program(const WeightImage& image, const LayerMapping& mapping, const EngineShare& share) {
  const std::size_t first = share.first_unit;
  const std::size_t end = first + share.unit_count;
  if (first == end || end > mapping.units.size())
    throw InputError(fmt::format("processing engine {}: units {}..{} of layer {}, which has {}", share.engine, first,
                                 end, mapping.layer, mapping.units.size()));
  const auto crossbars = static_cast<std::uint32_t>(image.geometry.crossbars_per_engine);
  EngineProgram program;
  program.outputs = mapping.initial_sums.size();
  program.filtered = has_filter(image, mapping);
  program.entry_bits = entry_bits(image, mapping);
  for (std::size_t u = first; u < end; ++u) {
    const OperationUnit& unit = mapping.units[u];
    if (unit.crossbar / crossbars != share.engine)
      throw InputError(fmt::format("processing engine {}: unit {} of layer {} lies in crossbar {} of another engine",
                                   share.engine, u, mapping.layer, unit.crossbar));
    if (u == first || unit.row_group != mapping.units[u - 1].row_group) add_group(program, mapping, unit.row_group);
    Activation entry = schedule_entry(unit, program.groups.back(), share.engine * crossbars);
    entry.unit = static_cast<std::uint32_t>(program.units.size());
    entry.number = static_cast<std::uint32_t>(u);
    program.units.push_back(entry);
    ++program.groups.back().units;
    program.first_entries.push_back(static_cast<std::uint32_t>(program.entries.size()));
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e)
      program.entries.push_back(mapping.entries[e]);
  }
  program.first_entries.push_back(static_cast<std::uint32_t>(program.entries.size()));
  return program;
}

}  // namespace reprise::rtl
