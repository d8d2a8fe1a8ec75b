#include "tlm/unit_kernel.h"

#include <algorithm>
#include <limits>

namespace reprise {

UnitKernel::UnitKernel(const WeightImage& image, const LayerMapping& mapping, const AdcConfig& adc,
                       const std::set<int>& elsewhere)
    : highest_code_(adc.kind == AdcKind::ideal ? std::numeric_limits<std::uint32_t>::max()
                                               : (std::uint32_t{1} << adc.bits) - 1U) {
  for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
    const auto first = mapping.rows.begin() + mapping.row_group_starts[group];
    row_groups_.emplace_back(first, first + mapping.rows_in_group(group));
  }
  for (const EngineShare& share : mapping.engines) {
    if (elsewhere.count(static_cast<int>(share.engine)) != 0) continue;
    for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      const OperationUnit& from = mapping.units[u];
      Unit unit{from.row_group, from.slot_columns, from.signed_slots, std::vector<RowMask>(from.columns), {}};
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

void UnitKernel::add(const std::uint8_t* rows, std::int32_t* sums) const {
  std::array<RowMask, 8> on{};
  std::uint32_t group = std::numeric_limits<std::uint32_t>::max();
  for (const Unit& unit : units_) {
    if (unit.row_group != group) {
      group = unit.row_group;
      on = {};
      const std::vector<std::uint32_t>& members = row_groups_[group];
      for (std::size_t row = 0; row < members.size(); ++row) {
        for (unsigned bit = 0; bit < 8; ++bit) {
          on[bit][row / 64] |= std::uint64_t{(rows[members[row]] >> bit) & 1U} << (row % 64);
        }
      }
    }
    for (unsigned bit = 0; bit < 8; ++bit) activate(unit, on[bit], bit, sums);
  }
}

void UnitKernel::activate(const Unit& unit, const RowMask& on, unsigned bit, std::int32_t* sums) const {
  for (const ScatterEntry& entry : unit.entries) {
    std::uint32_t partial = 0;
    for (unsigned j = 0; j < unit.slot_columns; ++j) {
      const std::uint32_t weighted = code(unit.columns[entry.slot * unit.slot_columns + j], on) << j;
      const bool negative = unit.signed_slots && j + 1 == unit.slot_columns;
      partial += negative ? 0U - weighted : weighted;
    }
    const std::uint32_t value = partial << (entry.shift + bit);
    const auto sum = static_cast<std::uint32_t>(sums[entry.output]);
    sums[entry.output] = static_cast<std::int32_t>(entry.negative ? sum - value : sum + value);
  }
}

std::uint32_t UnitKernel::code(const RowMask& cells, const RowMask& on) const {
  std::uint32_t sum = 0;
  for (std::size_t word = 0; word < kWords; ++word) {
    sum += static_cast<std::uint32_t>(__builtin_popcountll(cells[word] & on[word]));
  }
  return std::min(sum, highest_code_);
}

}  // namespace reprise
