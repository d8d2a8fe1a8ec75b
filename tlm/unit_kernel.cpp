#include "tlm/unit_kernel.h"

#include <algorithm>
#include <limits>

namespace reprise {

UnitKernel::UnitKernel(const WeightImage& image, const LayerMapping& mapping, const AdcConfig& adc,
                       const std::set<int>& elsewhere, bool skips)
    : highest_code_(adc.kind == AdcKind::ideal ? std::numeric_limits<std::uint32_t>::max()
                                               : (std::uint32_t{1} << adc.bits) - 1U),
      part_rows_(static_cast<std::size_t>(image.geometry.unit_rows)),
      selects_ones_(image.geometry.forms_units() && skips) {
  for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
    const auto first = mapping.rows.begin() + mapping.row_group_starts[group];
    row_groups_.emplace_back(first, first + mapping.rows_in_group(group));
  }
  for (const EngineShare& share : mapping.engines) {
    if (elsewhere.count(static_cast<int>(share.engine)) != 0) continue;
    for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      const OperationUnit& from = mapping.units[u];
      Unit unit{from.row_group, from.slot_columns, from.signed_slots, std::vector<RowMask>(from.columns), {}};
      const std::size_t words = (mapping.rows_in_group(from.row_group) + 63) / 64;
      for (RowMask& cells : unit.columns) cells.resize(words);
      for (std::size_t row = 0; row < mapping.rows_in_group(from.row_group); ++row) {
        for (std::size_t column = 0; column < from.columns; ++column) {
          if (!image.cells.get(from.crossbar, from.wordline + row, from.bitline + column)) continue;
          unit.columns[column][row / 64] |= std::uint64_t{1} << (row % 64);
        }
      }
      unit.entries.assign(mapping.entries.begin() + static_cast<std::ptrdiff_t>(mapping.entries_begin(u)),
                          mapping.entries.begin() + static_cast<std::ptrdiff_t>(mapping.entries_end(u)));
      units_.push_back(std::move(unit));
    }
  }
}

std::vector<UnitKernel::Part> UnitKernel::parts_of(const std::vector<std::uint32_t>& members,
                                                   const std::uint8_t* rows) const {
  std::vector<Part> parts;
  for (unsigned bit = 0; bit < 8; ++bit) {
    std::size_t selected = 0;
    for (std::size_t row = 0; row < members.size(); ++row) {
      const bool one = ((rows[members[row]] >> bit) & 1U) != 0;
      if (!one && selects_ones_) continue;
      if (selected++ % part_rows_ == 0) parts.push_back({bit, RowMask((members.size() + 63) / 64)});
      if (one) parts.back().on[row / 64] |= std::uint64_t{1} << (row % 64);
    }
  }
  return parts;
}

void UnitKernel::add(const std::uint8_t* rows, std::int32_t* sums) const {
  std::vector<Part> parts;
  std::uint32_t group = std::numeric_limits<std::uint32_t>::max();
  for (const Unit& unit : units_) {
    if (unit.row_group != group) {
      group = unit.row_group;
      parts = parts_of(row_groups_[group], rows);
    }
    for (const Part& part : parts) activate(unit, part, highest_code_, sums);
  }
}

namespace {

std::uint32_t rows_on(const std::vector<std::uint64_t>& cells, const std::vector<std::uint64_t>& on) {
  std::uint32_t sum = 0;
  for (std::size_t word = 0; word < on.size(); ++word) {
    sum += static_cast<std::uint32_t>(__builtin_popcountll(cells[word] & on[word]));
  }
  return sum;
}

}  // namespace

void UnitKernel::activate(const Unit& unit, const Part& part, std::uint32_t highest_code, std::int32_t* sums) {
  for (const ScatterEntry& entry : unit.entries) {
    std::uint32_t partial = 0;
    for (unsigned j = 0; j < unit.slot_columns; ++j) {
      const RowMask& cells = unit.columns[entry.slot * unit.slot_columns + j];
      const std::uint32_t weighted = std::min(rows_on(cells, part.on), highest_code) << j;
      const bool negative = unit.signed_slots && j + 1 == unit.slot_columns;
      partial += negative ? 0U - weighted : weighted;
    }
    const std::uint32_t value = partial << (entry.shift + part.bit);
    const auto sum = static_cast<std::uint32_t>(sums[entry.output]);
    sums[entry.output] = static_cast<std::int32_t>(entry.negative ? sum - value : sum + value);
  }
}

}  // namespace reprise
