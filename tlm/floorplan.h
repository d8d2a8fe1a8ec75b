#pragma once

#include <set>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"
#include "tlm/row_transfer.h"

namespace reprise {

/// Where one layer sits and with whom it exchanges rows.
struct LayerPlace {
  int home_tile = 0;
  const LayerMapping* mapping = nullptr;  ///< null: runs on a vector unit
  std::vector<BufferAddress> inputs;      ///< its own buffers, by input
  std::vector<int> depths;                ///< of those, in rows
  std::vector<BufferAddress> consumers;   ///< buffers that its rows go to
};

/// The network laid out on the mesh: docs/machine.md, section 1.
struct Floorplan {
  std::vector<LayerPlace> layers;
  std::vector<BufferAddress> input_consumers;  ///< of the network's input
  BufferAddress output;                        ///< the buffer from which the DMA writes the result
  int tiles = 1;                               ///< tiles in use
  std::set<int> pin_level;                     ///< engines modelled at pin level
};

/// @param image  outlives the plan
/// @throws InputError when the chip has too few tiles, the buffers given would deadlock, or a pattern of
///         `platform.fidelity` names no engine.
Floorplan make_floorplan(const WeightImage& image, const MachineConfig& config);

}  // namespace reprise
