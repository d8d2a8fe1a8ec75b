#include "tlm/unit_kernel.h"

#include <algorithm>
#include <limits>

namespace reprise {

UnitKernel::UnitKernel(const WeightImage& image, const LayerMapping& mapping, const Converter& converter,
                       const ConversionNoise* noise, const std::set<int>& elsewhere, bool skips)
    : converter_(converter),
      noise_(noise),
      part_rows_(static_cast<std::size_t>(image.geometry.unit_rows)),
      skips_(skips),
      selects_ones_(image.geometry.forms_units() && skips) {
  for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
    const auto first = mapping.rows.begin() + mapping.row_group_starts[group];
    row_groups_.emplace_back(first, first + mapping.rows_in_group(group));
  }
  for (const EngineShare& share : mapping.engines) {
    if (elsewhere.count(static_cast<int>(share.engine)) != 0) continue;
    for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      units_.push_back(unit_of(image, mapping, u, share.engine));
    }
  }
}

UnitKernel::Unit UnitKernel::unit_of(const WeightImage& image, const LayerMapping& mapping, std::size_t number,
                                     std::uint32_t engine) const {
  const OperationUnit& from = mapping.units[number];
  Unit unit{from.row_group, from.slot_columns, from.signed_slots, 0, std::vector<Column>(from.columns), {}};
  unit.first_column = static_cast<std::uint32_t>(number) * static_cast<std::uint32_t>(image.geometry.unit_columns);
  const std::size_t rows = mapping.rows_in_group(from.row_group);
  for (std::size_t column = 0; column < from.columns; ++column) {
    RowMask& cells = unit.columns[column].cells;
    cells.resize((rows + 63) / 64);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!image.cells.get(from.crossbar, from.wordline + row, from.bitline + column)) continue;
      cells[row / 64] |= std::uint64_t{1} << (row % 64);
    }
    unit.columns[column].offset = converter_.offset(engine, column);
  }
  unit.entries.assign(mapping.entries.begin() + static_cast<std::ptrdiff_t>(mapping.entries_begin(number)),
                      mapping.entries.begin() + static_cast<std::ptrdiff_t>(mapping.entries_end(number)));
  return unit;
}

std::vector<UnitKernel::Part> UnitKernel::parts_of(const std::vector<std::uint32_t>& members, const std::uint8_t* rows,
                                                   std::uint64_t key) const {
  std::vector<Part> parts;
  for (unsigned bit = 0; bit < 8; ++bit) {
    const std::size_t before = parts.size();
    std::size_t selected = 0;
    bool live = false;
    for (std::size_t row = 0; row < members.size(); ++row) {
      const bool one = ((rows[members[row]] >> bit) & 1U) != 0;
      live |= one;
      if (!one && selects_ones_) continue;
      if (selected++ % part_rows_ == 0) {
        parts.push_back({bit, ConversionNoise::activation_key(key, bit, parts.size() - before),
                         RowMask((members.size() + 63) / 64)});
      }
      if (one) parts.back().on[row / 64] |= std::uint64_t{1} << (row % 64);
    }
    if (skips_ && !live) parts.resize(before);
  }
  return parts;
}

void UnitKernel::add(const std::uint8_t* rows, std::uint64_t key, std::int32_t* sums) const {
  std::vector<Part> parts;
  std::uint32_t group = std::numeric_limits<std::uint32_t>::max();
  for (const Unit& unit : units_) {
    if (unit.row_group != group) {
      group = unit.row_group;
      parts = parts_of(row_groups_[group], rows, key);
    }
    for (const Part& part : parts) activate(unit, part, sums);
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

std::vector<std::uint32_t> UnitKernel::convert(const Unit& unit, const Part& part) const {
  std::vector<std::uint32_t> values;
  std::uint32_t number = unit.first_column;
  for (const Column& column : unit.columns) {
    std::int64_t added = column.offset;
    if (noise_ != nullptr) added += noise_->amounts()[ConversionNoise::draw(part.key, number)];
    values.push_back(converter_.value(rows_on(column.cells, part.on), added));
    ++number;
  }
  return values;
}

void UnitKernel::activate(const Unit& unit, const Part& part, std::int32_t* sums) const {
  const std::vector<std::uint32_t> values = convert(unit, part);
  for (const ScatterEntry& entry : unit.entries) {
    std::uint32_t partial = 0;
    for (unsigned j = 0; j < unit.slot_columns; ++j) {
      const std::uint32_t weighted = values[entry.slot * unit.slot_columns + j] << j;
      const bool negative = unit.signed_slots && j + 1 == unit.slot_columns;
      partial += negative ? 0U - weighted : weighted;
    }
    const std::uint32_t value = partial << (entry.shift + part.bit);
    const auto sum = static_cast<std::uint32_t>(sums[entry.output]);
    sums[entry.output] = static_cast<std::int32_t>(entry.negative ? sum - value : sum + value);
  }
}

}  // namespace reprise
