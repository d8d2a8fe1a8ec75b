#include "tlm/rounds.h"

#include <algorithm>
#include <string>

#include "support/error.h"
#include "tlm/replication.h"

namespace reprise {
namespace {

constexpr std::uint64_t kBytesOfInitialSum = 4;

std::size_t tiles_for(std::size_t engines, const Geometry& geometry) {
  return ceil_divide(engines, static_cast<std::uint64_t>(geometry.engines_per_tile));
}

std::string mesh_text(const MeshConfig& mesh) {
  return "platform.mesh has " + std::to_string(mesh.columns) + " x " + std::to_string(mesh.rows) + " = " +
         std::to_string(mesh.columns * mesh.rows);
}

[[noreturn]] void refuse_network(const WeightImage& image, const MachineConfig& config) {
  throw InputError("the network '" + image.network.name + "' needs " +
                   std::to_string(tiles_for(engines_behind(image), image.geometry)) + " tiles; " +
                   mesh_text(config.mesh) +
                   "; expected a larger mesh, or platform.larger_networks: reload to run it in rounds");
}

void check_layers_fit(const WeightImage& image, const MachineConfig& config, std::size_t chip_engines) {
  std::string faults;
  for (const LayerMapping& mapping : image.mappings) {
    if (mapping.engines.size() <= chip_engines) continue;
    faults += (faults.empty() ? "" : "\n") + std::string("platform.larger_networks: layer '") +
              image.network.layers[static_cast<std::size_t>(mapping.layer)].name + "' alone needs " +
              std::to_string(mapping.engines.size()) + " engines, " +
              std::to_string(tiles_for(mapping.engines.size(), image.geometry)) + " tiles; " + mesh_text(config.mesh) +
              "; a layer is not cut into rounds";
  }
  if (!faults.empty()) throw InputError(faults);
}

void check_machine(const MachineConfig& config) {
  if (config.replication.kind != ReplicationKind::none) {
    throw InputError(
        "platform.replication.kind: copies of layers need a network that fits the chip; expected none with "
        "platform.larger_networks: reload");
  }
  if (config.execution == Execution::synchronous) {
    throw InputError(
        "platform.execution: synchronous needs a network that fits the chip; expected asynchronous or "
        "sequential with platform.larger_networks: reload");
  }
}

const LayerMapping* mapping_of(const WeightImage& image, int layer) {
  for (const LayerMapping& mapping : image.mappings) {
    if (mapping.layer == layer) return &mapping;
  }
  return nullptr;
}

std::uint64_t weight_bytes(const LayerMapping& mapping) {
  return ceil_divide(mapping.storage.net(), 8) + kBytesOfInitialSum * mapping.initial_sums.size();
}

}  // namespace

RoundPlan::RoundPlan(const WeightImage& image, const MachineConfig& config) {
  const auto chip_engines = static_cast<std::size_t>(config.mesh.columns) * static_cast<std::size_t>(config.mesh.rows) *
                            static_cast<std::size_t>(image.geometry.engines_per_tile);
  if (engines_behind(image) <= chip_engines) {
    cut(image, engines_behind(image));
  } else {
    if (config.larger_networks == LargerNetworks::refuse) refuse_network(image, config);
    check_layers_fit(image, config, chip_engines);
    check_machine(config);
    cut(image, chip_engines);
    if (!reloads()) refuse_network(image, config);  // it would fit, but for engines that the image leaves out
    place_engines(image);
  }
  find_held_tensors(image.network);
  lay_out_memory(image, reloads() ? config.images_in_flight : 0);
}

void RoundPlan::cut(const WeightImage& image, std::size_t chip_engines) {
  rounds_.emplace_back();
  for (int layer = 0; layer < static_cast<int>(image.network.layers.size()); ++layer) {
    const LayerMapping* mapping = mapping_of(image, layer);
    const std::size_t engines = mapping == nullptr ? 0 : mapping->engines.size();
    if (rounds_.back().engines + engines > chip_engines) {
      rounds_.emplace_back();
      rounds_.back().first_layer = layer;
    }
    Round& round = rounds_.back();
    round.end_layer = layer + 1;
    round.engines += engines;
    if (mapping != nullptr) round.weight_bytes += weight_bytes(*mapping);
    round_of_.push_back(static_cast<int>(rounds_.size()) - 1);
  }
}

void RoundPlan::place_engines(const WeightImage& image) {
  chip_engine_.resize(engines_behind(image));
  engine_round_.resize(chip_engine_.size());
  for (std::size_t round = 0; round < rounds_.size(); ++round) {
    int next = 0;
    for (int layer = rounds_[round].first_layer; layer < rounds_[round].end_layer; ++layer) {
      const LayerMapping* mapping = mapping_of(image, layer);
      if (mapping == nullptr) continue;
      for (const EngineShare& share : mapping->engines) {
        chip_engine_[share.engine] = next++;
        engine_round_[share.engine] = static_cast<int>(round);
      }
    }
  }
}

void RoundPlan::find_held_tensors(const NetworkDescription& network) {
  const auto add = [](std::vector<int>& tensors, int tensor) {
    const auto place = std::lower_bound(tensors.begin(), tensors.end(), tensor);
    if (place == tensors.end() || *place != tensor) tensors.insert(place, tensor);
  };
  add(rounds_.front().inputs, kNetworkInput);
  for (int layer = 0; layer < static_cast<int>(network.layers.size()); ++layer) {
    for (int input : network.layers[static_cast<std::size_t>(layer)].inputs) {
      if (!is_held(layer, input)) continue;
      add(rounds_[static_cast<std::size_t>(round_of(layer))].inputs, input);
      if (input != kNetworkInput) add(rounds_[static_cast<std::size_t>(round_of(input))].outputs, input);
    }
  }
  rounds_.back().outputs.push_back(static_cast<int>(network.layers.size()) - 1);
}

void RoundPlan::lay_out_memory(const WeightImage& image, int images) {
  held_offset_.assign(image.network.layers.size() + 1, 0);
  std::uint64_t end = 0;
  for (std::size_t layer = 0; layer < image.network.layers.size(); ++layer) {
    held_offset_[layer] = end;
    const std::vector<int>& outputs = rounds_[static_cast<std::size_t>(round_of_[layer])].outputs;
    const bool is_result = layer + 1 == image.network.layers.size();
    if (!is_result && std::binary_search(outputs.begin(), outputs.end(), static_cast<int>(layer))) {
      end += image.network.layers[layer].shape.size();
    }
  }
  held_offset_.back() = end;
  if (!reloads()) return;
  all_weight_bytes_ = weights_address(static_cast<int>(rounds_.size()));
  memory_bytes_ = all_weight_bytes_ + static_cast<std::uint64_t>(images) * end;
}

std::uint64_t RoundPlan::weights_address(int round) const {
  std::uint64_t address = 0;
  for (int r = 0; r < round; ++r) address += rounds_[static_cast<std::size_t>(r)].weight_bytes;
  return address;
}

}  // namespace reprise
