#pragma once

#include <cstddef>

#include "tlm/machine_config.h"
#include "tlm/row_transfer.h"

/// What a window of a weight layer takes after its slowest engine: docs/machine.md, section 4.
namespace reprise {

/// Merging the accumulators of so many engines in a tree.
inline Cycle merge_service(std::size_t engines, const PipelineConfig& pipeline) {
  Cycle levels = 0;
  for (std::size_t reach = 1; reach < engines; reach *= 2) ++levels;
  return levels * static_cast<Cycle>(pipeline.merge_cycles);
}

/// Requantising and writing back.
inline Cycle write_back_service(std::size_t outputs, const PipelineConfig& pipeline) {
  return ceil_divide(outputs, static_cast<Cycle>(pipeline.output_lanes));
}

/// Of the DMA: one transaction with system memory.
inline Cycle memory_service(std::size_t bytes, const MachineConfig& machine) {
  return static_cast<Cycle>(machine.memory_cycles) +
         ceil_divide(bytes, static_cast<Cycle>(machine.bus_bytes_per_cycle));
}

}  // namespace reprise
