#pragma once

#include <set>
#include <utility>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"
#include "tlm/rounds.h"
#include "tlm/row_transfer.h"
#include "tlm/step_plan.h"

namespace reprise {

/// Where one layer sits and with whom it exchanges rows.
struct LayerPlace {
  int home_tile = 0;
  const LayerMapping* mapping = nullptr;  ///< null: runs on a vector unit
  int table_entry_bits = 0;               ///< of a scatter entry, 0 where the layer stores none
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

/// A tensor that the DMA reads in a round.
struct TensorRead {
  int tensor = kNetworkInput;            ///< by the layer that makes it
  std::vector<BufferAddress> consumers;  ///< in this round
};

/// A tensor that the DMA writes in the round in which it is made.
struct TensorWrite {
  int tensor = 0;        ///< by the layer that makes it; the last one makes the result
  BufferAddress buffer;  ///< whole, in tile 0
};

/// The network laid out on the mesh: docs/machine.md, section 1.
struct Floorplan {
  explicit Floorplan(RoundPlan plan) : rounds(std::move(plan)) {}

  RoundPlan rounds;
  std::vector<LayerPlace> layers;
  std::vector<std::vector<TensorRead>> reads;    ///< [round], in the order of reading
  std::vector<std::vector<TensorWrite>> writes;  ///< [round], in the order of writing
  int tiles = 1;                                 ///< tiles in use
  std::set<int> pin_level;                       ///< engines modelled at pin level, copies included
  std::set<int> pin_level_routers;               ///< tiles whose routers are; none with ideal links
  StepPlan steps;                                ///< whose turn it is when

  /// Of an engine of the image or a copy.
  int tile_of(int engine, const Geometry& geometry) const {
    return rounds.chip_engine(engine) / geometry.engines_per_tile;
  }
};

/// @param image  outlives the plan
/// @throws InputError when the chip has too few tiles or engines, the buffers given would deadlock, or a pattern of
///         `platform.fidelity` or `platform.replication` names nothing.
Floorplan make_floorplan(const WeightImage& image, const MachineConfig& config);

}  // namespace reprise
