#include "tlm/floorplan.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "support/error.h"
#include "tlm/buffer_depths.h"
#include "tlm/converter.h"
#include "tlm/fidelity.h"
#include "tlm/replication.h"
#include "tlm/table_entry.h"

namespace reprise {
namespace {

int tiles_in_use(const Floorplan& plan, const Geometry& geometry) {
  int tiles = 1;
  for (const LayerPlace& place : plan.layers) {
    for (int engine : place.all_engines()) tiles = std::max(tiles, plan.tile_of(engine, geometry) + 1);
  }
  return tiles;
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

/// Where the rows of a tensor go in a round.
std::vector<BufferAddress>& consumers_of(Floorplan& plan, int tensor, int round) {
  if (tensor != kNetworkInput && plan.rounds.round_of(tensor) == round) {
    return plan.layers[static_cast<std::size_t>(tensor)].consumers;
  }
  for (TensorRead& read : plan.reads[static_cast<std::size_t>(round)]) {
    if (read.tensor == tensor) return read.consumers;
  }
  throw std::logic_error("floorplan: a tensor that no round reads");
}

int home_tile(const Floorplan& plan, int layer, const std::vector<int>& inputs, const Geometry& geometry) {
  const std::vector<int>& engines = plan.layers[static_cast<std::size_t>(layer)].engines.front();
  if (!engines.empty()) return plan.tile_of(engines.front(), geometry);
  const int first = inputs.front();
  if (first == kNetworkInput || plan.rounds.is_held(layer, first)) return 0;
  return plan.layers[static_cast<std::size_t>(first)].home_tile;
}

void place_layers(const WeightImage& image, const std::vector<std::vector<int>>& depths, Floorplan& plan,
                  Ports& ports) {
  for (const Round& round : plan.rounds.rounds()) {
    plan.reads.emplace_back();
    for (int tensor : round.inputs) plan.reads.back().push_back({tensor, {}});
  }
  for (int layer = 0; layer < static_cast<int>(plan.layers.size()); ++layer) {
    LayerPlace& place = plan.layers[static_cast<std::size_t>(layer)];
    const std::vector<int>& inputs = image.network.layers[static_cast<std::size_t>(layer)].inputs;
    place.home_tile = home_tile(plan, layer, inputs, image.geometry);
    place.depths = depths[static_cast<std::size_t>(layer)];
    for (int input : inputs) {
      place.inputs.push_back(ports.take(place.home_tile));
      consumers_of(plan, input, plan.rounds.round_of(layer)).push_back(place.inputs.back());
    }
  }
}

void place_transfers(Floorplan& plan, Ports& ports) {
  for (const Round& round : plan.rounds.rounds()) {
    plan.writes.emplace_back();
    for (int tensor : round.outputs) {
      plan.writes.back().push_back({tensor, ports.take(0)});
      plan.layers[static_cast<std::size_t>(tensor)].consumers.push_back(plan.writes.back().back().buffer);
    }
  }
}

}  // namespace

Floorplan make_floorplan(const WeightImage& image, const MachineConfig& config) {
  check_images_in_flight(config);
  check_links(config);
  check(config.adc);
  Floorplan plan{RoundPlan(image, config)};
  plan.layers.resize(image.network.layers.size());
  for (const LayerMapping& mapping : image.mappings) {
    LayerPlace& place = plan.layers[static_cast<std::size_t>(mapping.layer)];
    place.mapping = &mapping;
    place.table_entry_bits = table_entry_bits(image, mapping);
  }
  const auto engines = layer_engines(image, config);
  for (std::size_t layer = 0; layer < plan.layers.size(); ++layer) plan.layers[layer].engines = engines[layer];
  plan.tiles = tiles_in_use(plan, image.geometry);
  const std::vector<std::vector<int>> depths = buffer_depths(image.network, config, plan.rounds);
  Ports ports(plan.tiles);
  place_layers(image, depths, plan, ports);
  place_transfers(plan, ports);
  const int routers = config.links == Links::contended ? config.mesh.columns * config.mesh.rows : 0;
  const PinLevelParts pin_level = pin_level_parts(image, config.fidelity, routers, plan.rounds);
  plan.pin_level = pin_level_copies(pin_level.engines, plan.layers);
  plan.pin_level_routers = pin_level.routers;
  plan.steps = make_step_plan(image.network, depths, config.execution, plan.rounds);
  return plan;
}

}  // namespace reprise
