#include "tlm/floorplan.h"

#include <algorithm>
#include <string>

#include "support/error.h"
#include "tlm/buffer_depths.h"
#include "tlm/fidelity.h"

namespace reprise {
namespace {

int tile_of(std::uint32_t engine, const Geometry& geometry) {
  return static_cast<int>(engine) / geometry.engines_per_tile;
}

int tiles_in_use(const WeightImage& image) {
  int tiles = 1;
  for (const LayerMapping& mapping : image.mappings) {
    for (const EngineShare& share : mapping.engines) {
      tiles = std::max(tiles, tile_of(share.engine, image.geometry) + 1);
    }
  }
  return tiles;
}

/// Hands out the ports of each tile's router.
class Ports {
 public:
  explicit Ports(int tiles) : next_(static_cast<std::size_t>(tiles)) {}
  BufferAddress take(int tile) { return {tile, next_[static_cast<std::size_t>(tile)]++}; }

 private:
  std::vector<int> next_;
};

}  // namespace

Floorplan make_floorplan(const WeightImage& image, const MachineConfig& config) {
  Floorplan plan;
  plan.tiles = tiles_in_use(image);
  const int chip_tiles = config.mesh.columns * config.mesh.rows;
  if (plan.tiles > chip_tiles) {
    throw InputError("the network '" + image.network.name + "' needs " + std::to_string(plan.tiles) +
                     " tiles; platform.mesh has " + std::to_string(config.mesh.columns) + " x " +
                     std::to_string(config.mesh.rows) + " = " + std::to_string(chip_tiles));
  }
  plan.layers.resize(image.network.layers.size());
  for (const LayerMapping& mapping : image.mappings) {
    plan.layers[static_cast<std::size_t>(mapping.layer)].mapping = &mapping;
  }
  const std::vector<std::vector<int>> depths = buffer_depths(image.network, config);
  Ports ports(plan.tiles);
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
    LayerPlace& place = plan.layers[layer];
    const std::vector<int>& inputs = image.network.layers[layer].inputs;
    if (place.mapping != nullptr && !place.mapping->engines.empty()) {
      place.home_tile = tile_of(place.mapping->engines.front().engine, image.geometry);
    } else if (inputs.front() != kNetworkInput) {
      place.home_tile = plan.layers[static_cast<std::size_t>(inputs.front())].home_tile;
    }
    place.depths = depths[layer];
    for (int input : inputs) {
      place.inputs.push_back(ports.take(place.home_tile));
      std::vector<BufferAddress>& consumers =
          input == kNetworkInput ? plan.input_consumers : plan.layers[static_cast<std::size_t>(input)].consumers;
      consumers.push_back(place.inputs.back());
    }
  }
  plan.output = ports.take(0);
  plan.pin_level = pin_level_engines(image, config.fidelity);
  plan.layers.back().consumers.push_back(plan.output);
  return plan;
}

}  // namespace reprise
