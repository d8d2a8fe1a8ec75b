#pragma once

#include <cstddef>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

namespace reprise {

/// How many copies each layer has, the original included: docs/machine.md, section 5, Replication. By layer.
/// @throws InputError where the chip or the budget has too few engines, a pattern names no layer with engines, or a
///         layer would have more copies than windows
std::vector<std::size_t> layer_copies(const WeightImage& image, const MachineConfig& config);

/// Engines of the chip, [layer][copy][share of the mapping]; one copy at least, without engines where the layer has
/// none.
/// @throws InputError as layer_copies() does
std::vector<std::vector<std::vector<int>>> layer_engines(const WeightImage& image, const MachineConfig& config);

/// The first engine behind those that the image uses.
std::size_t engines_behind(const WeightImage& image);

}  // namespace reprise
