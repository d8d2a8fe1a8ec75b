#pragma once

#include <cstddef>
#include <cstdint>

#include "compression/image/weight_image.h"
#include "compression/mapping/pattern.h"

namespace reprise {

/// What a unit keeps its engine busy with at most: activations for each input bit.
std::uint64_t unit_work(const LayerMapping& mapping, const OperationUnit& unit, const Geometry& geometry);

/// The fewest engines whose crossbars hold the layer's units, split evenly.
std::size_t engines_needed(const LayerMapping& mapping, const Geometry& geometry);

/// Gives every unit of the layer its cells, on at most `engines` engines from `first_engine` on, which must be enough.
/// The units are split in order and evenly by their work; an engine's crossbars are filled one after another, each from
/// bitline 0 on and then downwards.
void place_units(LayerMapping& mapping, const Geometry& geometry, std::uint32_t first_engine, std::size_t engines);

/// Writes the patterns of the layer's slots (by unit, then by slot, one after another) into the cells.
void write_cells(const LayerMapping& mapping, const Pattern& patterns, CellArray& cells);

}  // namespace reprise
