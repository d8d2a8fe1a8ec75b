#pragma once

#include <cstddef>
#include <cstdint>

#include "compression/image/weight_image.h"
#include "compression/mapping/pattern.h"

namespace reprise {

/// The fewest engines whose crossbars hold that many operation units.
std::size_t engines_needed(std::size_t units, const Geometry& geometry);

/// Gives every unit of the layer its cells, on engines `first_engine` and following. The units are split evenly and
/// in order; an engine's crossbars are filled one after another, each from bitline 0 on and then downwards.
void place_units(LayerMapping& mapping, const Geometry& geometry, std::uint32_t first_engine);

/// Writes the patterns of the layer's slots (by unit, then by slot, one after another) into the cells.
void write_cells(const LayerMapping& mapping, const Pattern& patterns, CellArray& cells);

}  // namespace reprise
