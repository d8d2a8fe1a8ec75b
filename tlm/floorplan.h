#pragma once

#include <set>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"
#include "tlm/row_transfer.h"
#include "tlm/step_plan.h"

namespace reprise {

/// Where one layer sits and with whom it exchanges rows.
struct LayerPlace {
  int home_tile = 0;
  const LayerMapping* mapping = nullptr;  ///< null: runs on a vector unit
  std::vector<std::vector<int>> engines;  ///< of each copy, in the order of the mapping's shares; one copy at least
  std::vector<BufferAddress> inputs;      ///< its own buffers, by input
  std::vector<int> depths;                ///< of those, in rows
  std::vector<BufferAddress> consumers;   ///< buffers that its rows go to

  /// Of all copies, one after another.
  std::vector<int> all_engines() const {
    std::vector<int> all;
    for (const std::vector<int>& copy : engines) all.insert(all.end(), copy.begin(), copy.end());
    return all;
  }
};

/// The network laid out on the mesh: docs/machine.md, section 1.
struct Floorplan {
  std::vector<LayerPlace> layers;
  std::vector<BufferAddress> input_consumers;  ///< of the network's input
  BufferAddress output;                        ///< the buffer from which the DMA writes the result
  int tiles = 1;                               ///< tiles in use
  std::set<int> pin_level;                     ///< engines modelled at pin level, copies included
  std::set<int> pin_level_routers;             ///< tiles whose routers are; none with ideal links
  StepPlan steps;                              ///< whose turn it is when
};

/// @param image  outlives the plan
/// @throws InputError when the chip has too few tiles or engines, the buffers given would deadlock, or a pattern of
///         `platform.fidelity` or `platform.replication` names nothing.
Floorplan make_floorplan(const WeightImage& image, const MachineConfig& config);

}  // namespace reprise
