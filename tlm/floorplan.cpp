#include "tlm/floorplan.h"

#include <algorithm>
#include <string>

#include "support/error.h"
#include "tlm/buffer_depths.h"
#include "tlm/converter.h"
#include "tlm/fidelity.h"
#include "tlm/replication.h"

namespace reprise {
namespace {

int tile_of(int engine, const Geometry& geometry) {
  return engine / geometry.engines_per_tile;
}

int tiles_in_use(const std::vector<LayerPlace>& layers, const Geometry& geometry) {
  int tiles = 1;
  for (const LayerPlace& place : layers) {
    for (int engine : place.all_engines()) tiles = std::max(tiles, tile_of(engine, geometry) + 1);
  }
  return tiles;
}

void check_tiles(const std::string& network, int tiles, const MeshConfig& mesh) {
  const int chip_tiles = mesh.columns * mesh.rows;
  if (tiles <= chip_tiles) return;
  throw InputError("the network '" + network + "' needs " + std::to_string(tiles) + " tiles; platform.mesh has " +
                   std::to_string(mesh.columns) + " x " + std::to_string(mesh.rows) + " = " +
                   std::to_string(chip_tiles));
}

/// Copies are modelled like the engine that they copy.
std::set<int> pin_level_copies(const std::set<int>& originals, const std::vector<LayerPlace>& layers) {
  std::set<int> all;
  for (const LayerPlace& place : layers) {
    for (const std::vector<int>& copy : place.engines) {
      for (std::size_t e = 0; e < copy.size(); ++e) {
        if (originals.count(place.engines.front()[e]) != 0) all.insert(copy[e]);
      }
    }
  }
  return all;
}

void check_images_in_flight(const MachineConfig& config) {
  if (config.images_in_flight == 1 || config.execution == Execution::asynchronous) return;
  throw InputError("platform.images_in_flight: " + std::to_string(config.images_in_flight) +
                   " images need asynchronous execution; the others take one at a time");
}

void check_links(const MachineConfig& config) {
  if (config.links == Links::ideal || config.router_cycles > 0) return;
  throw InputError("platform.router_cycles: contended links need at least 1");
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
  check_images_in_flight(config);
  check_links(config);
  check(config.adc);
  const auto engines_per_tile = static_cast<std::uint64_t>(image.geometry.engines_per_tile);
  Floorplan plan;
  plan.layers.resize(image.network.layers.size());
  for (const LayerMapping& mapping : image.mappings) {
    plan.layers[static_cast<std::size_t>(mapping.layer)].mapping = &mapping;
  }
  check_tiles(image.network.name, static_cast<int>(ceil_divide(engines_behind(image), engines_per_tile)), config.mesh);
  const auto engines = layer_engines(image, config);
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) plan.layers[layer].engines = engines[layer];
  plan.tiles = tiles_in_use(plan.layers, image.geometry);
  const std::vector<std::vector<int>> depths = buffer_depths(image.network, config);
  Ports ports(plan.tiles);
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) {
    LayerPlace& place = plan.layers[layer];
    const std::vector<int>& inputs = image.network.layers[layer].inputs;
    if (!place.engines.front().empty()) {
      place.home_tile = tile_of(place.engines.front().front(), image.geometry);
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
  const int routers = config.links == Links::contended ? config.mesh.columns * config.mesh.rows : 0;
  const PinLevelParts pin_level = pin_level_parts(image, config.fidelity, routers);
  plan.pin_level = pin_level_copies(pin_level.engines, plan.layers);
  plan.pin_level_routers = pin_level.routers;
  plan.steps = make_step_plan(image.network, depths, config.execution);
  plan.layers.back().consumers.push_back(plan.output);
  return plan;
}

}  // namespace reprise
