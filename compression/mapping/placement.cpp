#include "compression/mapping/placement.h"

#include <algorithm>
#include <vector>

namespace reprise {

namespace {

/// Hands out the places of one engine's crossbars, in lines as high as the highest unit in them.
class Shelves {
 public:
  explicit Shelves(const Geometry& geometry) : geometry_(geometry) {}

  /// Gives the unit its place in the engine's first crossbar or one of the following; false where nothing is left.
  bool put(OperationUnit& unit, int height) {
    if (column_ == geometry_.crossbar_columns / geometry_.unit_columns) next_line();
    if (line_ + height > geometry_.crossbar_rows / geometry_.unit_rows) next_crossbar();
    if (crossbar_ == geometry_.crossbars_per_engine) return false;
    unit.crossbar = static_cast<std::uint32_t>(crossbar_);
    unit.wordline = static_cast<std::uint16_t>(line_ * geometry_.unit_rows);
    unit.bitline = static_cast<std::uint16_t>(column_ * geometry_.unit_columns);
    ++column_;
    height_ = std::max(height_, height);
    return true;
  }

 private:
  void next_line() {
    line_ += height_;
    column_ = 0;
    height_ = 0;
  }
  void next_crossbar() {
    ++crossbar_;
    line_ = 0;
    column_ = 0;
    height_ = 0;
  }

  const Geometry& geometry_;
  int crossbar_ = 0;
  int line_ = 0;    ///< of the grid
  int column_ = 0;  ///< of the grid
  int height_ = 0;  ///< of the present line
};

/// Where the share of each engine begins, and the end: the largest unit before which no more work lies than its part.
std::vector<std::size_t> split_evenly(const LayerMapping& mapping, const Geometry& geometry, std::size_t engines) {
  std::vector<std::uint64_t> before{0};
  for (const OperationUnit& unit : mapping.units) {
    before.push_back(before.back() + unit_work(mapping, unit, geometry));
  }
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i <= engines; ++i) {
    const std::uint64_t part = before.back() * i / engines;
    starts.push_back(
        static_cast<std::size_t>(std::upper_bound(before.begin(), before.end(), part) - before.begin() - 1));
  }
  return starts;
}

/// Places the units first..end, counting crossbars from the engine's first; false where they do not fit.
bool place_share(LayerMapping& mapping, const Geometry& geometry, std::size_t first, std::size_t end) {
  Shelves shelves(geometry);
  for (std::size_t u = first; u < end; ++u) {
    OperationUnit& unit = mapping.units[u];
    if (!shelves.put(unit, geometry.places_of(mapping.rows_in_group(unit.row_group)))) return false;
  }
  return true;
}

bool fits(LayerMapping& mapping, const Geometry& geometry, std::size_t engines) {
  const std::vector<std::size_t> starts = split_evenly(mapping, geometry, engines);
  for (std::size_t i = 0; i < engines; ++i) {
    if (!place_share(mapping, geometry, starts[i], starts[i + 1])) return false;
  }
  return true;
}

}  // namespace

std::uint64_t unit_work(const LayerMapping& mapping, const OperationUnit& unit, const Geometry& geometry) {
  return static_cast<std::uint64_t>(geometry.places_of(mapping.rows_in_group(unit.row_group)));
}

std::size_t engines_needed(const LayerMapping& mapping, const Geometry& geometry) {
  const auto capacity = static_cast<std::uint64_t>(geometry.units_per_crossbar() * geometry.crossbars_per_engine);
  std::uint64_t places = 0;
  for (const OperationUnit& unit : mapping.units) places += unit_work(mapping, unit, geometry);
  std::size_t engines = (places + capacity - 1) / capacity;
  if (engines == 0) return 0;
  LayerMapping trial;
  trial.rows = mapping.rows;
  trial.row_group_starts = mapping.row_group_starts;
  trial.units = mapping.units;
  while (!fits(trial, geometry, engines)) ++engines;
  return engines;
}

void place_units(LayerMapping& mapping, const Geometry& geometry, std::uint32_t first_engine, std::size_t engines) {
  mapping.engines.clear();
  if (engines == 0) return;
  while (!fits(mapping, geometry, engines))
    --engines;  // units of many heights may fit on fewer engines and not on more
  const std::vector<std::size_t> starts = split_evenly(mapping, geometry, engines);
  for (std::size_t i = 0; i < engines; ++i) {
    if (starts[i] == starts[i + 1]) continue;  // the work of one unit is more than a part
    const auto engine = first_engine + static_cast<std::uint32_t>(mapping.engines.size());
    place_share(mapping, geometry, starts[i], starts[i + 1]);
    for (std::size_t u = starts[i]; u < starts[i + 1]; ++u) {
      mapping.units[u].crossbar += engine * static_cast<std::uint32_t>(geometry.crossbars_per_engine);
    }
    mapping.engines.push_back(
        {engine, static_cast<std::uint32_t>(starts[i]), static_cast<std::uint32_t>(starts[i + 1] - starts[i])});
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
