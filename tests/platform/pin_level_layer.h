#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/events.h"
#include "tlm/machine_config.h"

namespace reprise::test {

/// What one layer did for one image.
struct LayerRun {
  std::vector<std::uint8_t> output;   ///< [channel][row][column]
  std::vector<std::uint64_t> cycles;  ///< service of each window
  EventCounts events;                 ///< of buffer, engines and vector unit; none of router and DMA
};

/// Whether there are pin-level blocks for the whole layer: weights, or pooling.
bool is_wholly_at_pin_level(const Layer& layer);

/// The whole layer at pin level: rows are written into its buffer and cut into windows there, which a tile of engines
/// with filter, merge tree and requantiser, or a pooling unit, makes into outputs. In a kernel of its own.
/// @param input  [channel][row][column]
/// @param depth  of the buffer, rows
LayerRun run_at_pin_level(const WeightImage& image, int layer, const MachineConfig& machine,
                          const std::vector<std::uint8_t>& input, int depth);

}  // namespace reprise::test
