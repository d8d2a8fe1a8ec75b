#include "compression/mapping/placement.h"

namespace reprise {

namespace {

std::size_t units_per_engine(const Geometry& geometry) {
  return static_cast<std::size_t>(geometry.units_per_crossbar()) *
         static_cast<std::size_t>(geometry.crossbars_per_engine);
}

/// Puts the unit on the given place of its engine.
void place_unit(OperationUnit& unit, const Geometry& geometry, std::uint32_t engine, std::uint32_t place) {
  const auto per_crossbar = static_cast<std::uint32_t>(geometry.units_per_crossbar());
  const auto grid_columns = static_cast<std::uint32_t>(geometry.crossbar_columns / geometry.unit_columns);
  const std::uint32_t cell = place % per_crossbar;
  unit.crossbar = engine * static_cast<std::uint32_t>(geometry.crossbars_per_engine) + place / per_crossbar;
  unit.wordline = static_cast<std::uint16_t>(cell / grid_columns * static_cast<std::uint32_t>(geometry.unit_rows));
  unit.bitline = static_cast<std::uint16_t>(cell % grid_columns * static_cast<std::uint32_t>(geometry.unit_columns));
}

}  // namespace

std::size_t engines_needed(std::size_t units, const Geometry& geometry) {
  const std::size_t capacity = units_per_engine(geometry);
  return (units + capacity - 1) / capacity;
}

void place_units(LayerMapping& mapping, const Geometry& geometry, std::uint32_t first_engine) {
  const std::size_t count = mapping.units.size();
  const std::size_t engines = engines_needed(count, geometry);
  mapping.engines.clear();
  for (std::size_t i = 0; i < engines; ++i) {
    const std::size_t first = count * i / engines;
    const std::size_t end = count * (i + 1) / engines;
    const auto engine = first_engine + static_cast<std::uint32_t>(i);
    mapping.engines.push_back({engine, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end - first)});
    for (std::size_t unit = first; unit < end; ++unit) {
      place_unit(mapping.units[unit], geometry, engine, static_cast<std::uint32_t>(unit - first));
    }
  }
}

void write_cells(const LayerMapping& mapping, const Pattern& patterns, CellArray& cells) {
  auto bits = patterns.begin();
  for (const OperationUnit& unit : mapping.units) {
    const std::size_t rows = mapping.rows_in_group(unit.row_group);
    for (std::size_t slot = 0; slot < unit.columns; slot += unit.slot_columns) {
      for (std::size_t row = 0; row < rows; ++row, ++bits) {
        for (std::size_t column = 0; column < unit.slot_columns; ++column) {
          const bool one = ((static_cast<unsigned char>(*bits) >> column) & 1U) != 0;
          if (one) cells.set(unit.crossbar, unit.wordline + row, unit.bitline + slot + column);
        }
      }
    }
  }
}

}  // namespace reprise
