#include "tlm/replication.h"

#include <algorithm>
#include <string>

#include "support/error.h"
#include "tlm/component_names.h"
#include "tlm/engine_schedule.h"
#include "tlm/vector_unit.h"
#include "tlm/window_service.h"

namespace reprise {
namespace {

/// Engines that copies may still take.
class Budget {
 public:
  Budget(const WeightImage& image, const MachineConfig& config)
      : chip_(static_cast<std::size_t>(config.mesh.columns) * static_cast<std::size_t>(config.mesh.rows) *
              static_cast<std::size_t>(image.geometry.engines_per_tile)) {
    for (const LayerMapping& mapping : image.mappings) originals_ += mapping.engines.size();
    const std::size_t behind = engines_behind(image);
    left_ = behind < chip_ ? chip_ - behind : 0;
    if (!config.replication.engines) return;
    const auto most = static_cast<std::size_t>(*config.replication.engines);
    if (most < originals_) {
      throw InputError("platform.replication.engines: " + std::to_string(most) + " engines do not suffice: '" +
                       image.network.name + "' uses " + std::to_string(originals_) + " without any copies");
    }
    left_ = std::min(left_, most - originals_);
  }

  bool has(std::size_t engines) const { return engines <= left_; }
  void take(std::size_t engines) { left_ -= engines; }
  std::size_t left() const { return left_; }

 private:
  std::size_t chip_;
  std::size_t originals_ = 0;
  std::size_t left_ = 0;
};

const LayerMapping* with_engines(const WeightImage& image, std::size_t layer) {
  for (const LayerMapping& mapping : image.mappings) {
    if (static_cast<std::size_t>(mapping.layer) == layer && !mapping.engines.empty()) return &mapping;
  }
  return nullptr;
}

/// Of all windows of one copy with all input bits of all rows live.
Cycle longest_time(const WeightImage& image, const LayerMapping& mapping, const PipelineConfig& pipeline) {
  const std::vector<std::uint8_t> live(mapping.row_group_count(), std::uint8_t{kInputBits});
  std::vector<std::uint16_t> parts;
  for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
    parts.push_back(static_cast<std::uint16_t>(kInputBits * image.geometry.places_of(mapping.rows_in_group(group))));
  }
  Cycle longest = 0;
  for (const EngineShare& share : mapping.engines) {
    const EngineSchedule schedule(mapping, share, image.geometry, pipeline, 0, filter_cycles(image, mapping, pipeline));
    longest = std::max(longest, schedule.window_cycles({live.data(), parts.data()}));
  }
  const Shape& shape = image.network.layers[static_cast<std::size_t>(mapping.layer)].shape;
  return shape.pixels() * (longest + merge_service(mapping.engines.size(), pipeline) +
                           write_back_service(static_cast<std::size_t>(shape.channels), pipeline));
}

/// The longest time that no copies can shorten.
Cycle fixed_time(const WeightImage& image, const MachineConfig& config) {
  const Shape& input = image.network.input_shape;
  const std::size_t row = static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.channels);
  Cycle longest = static_cast<Cycle>(input.height) * memory_service(row, config);
  for (std::size_t layer = 0; layer < image.network.layers.size(); ++layer) {
    const Layer& description = image.network.layers[layer];
    if (std::holds_alternative<ConvolutionLayer>(description.operation)) continue;
    const VectorUnit unit(image.network, static_cast<int>(layer));
    longest = std::max(longest, description.shape.pixels() * unit.window_cycles(config.vector_lanes));
  }
  return longest;
}

std::vector<std::size_t> balanced_copies(const WeightImage& image, const MachineConfig& config) {
  std::vector<std::size_t> copies(image.network.layers.size(), 1);
  std::vector<Cycle> times(copies.size());
  for (std::size_t layer = 0; layer < copies.size(); ++layer) {
    const LayerMapping* mapping = with_engines(image, layer);
    if (mapping != nullptr) times[layer] = longest_time(image, *mapping, config.pipeline);
  }
  const Cycle fixed = fixed_time(image, config);
  for (Budget budget(image, config);;) {
    std::size_t slowest = 0;
    for (std::size_t layer = 1; layer < copies.size(); ++layer) {
      if (times[layer] * copies[slowest] > times[slowest] * copies[layer]) slowest = layer;
    }
    if (times[slowest] <= fixed * copies[slowest]) return copies;
    const std::size_t engines = with_engines(image, slowest)->engines.size();
    if (copies[slowest] == image.network.layers[slowest].shape.pixels() || !budget.has(engines)) return copies;
    budget.take(engines);
    ++copies[slowest];
  }
}

/// Layers by their names in the network, and by patterns of their names as parts of the machine.
class Names {
 public:
  explicit Names(const NetworkDescription& network) : network_(network), plain_(layer_names(network)) {}

  bool fits(const std::string& pattern, std::size_t layer) const {
    return pattern == network_.layers[layer].name || matches(pattern, plain_[layer]);
  }
  const std::string& operator[](std::size_t layer) const { return plain_[layer]; }

 private:
  const NetworkDescription& network_;
  const std::vector<std::string> plain_;
};

/// The number that the first fitting pattern gives, 1 where there is none.
std::size_t given_copies(const std::map<std::string, int>& patterns, const Names& names, std::size_t layer) {
  for (const auto& [pattern, number] : patterns) {
    if (names.fits(pattern, layer)) return static_cast<std::size_t>(number);
  }
  return 1;
}

void check_patterns(const WeightImage& image, const MachineConfig& config, const Names& names) {
  std::string there;
  for (std::size_t layer = 0; layer < image.network.layers.size(); ++layer) {
    if (with_engines(image, layer) != nullptr) there += (there.empty() ? "" : ", ") + names[layer];
  }
  for (const auto& [pattern, number] : config.replication.copies) {
    bool found = false;
    for (std::size_t layer = 0; layer < image.network.layers.size(); ++layer) {
      found = found || (with_engines(image, layer) != nullptr && names.fits(pattern, layer));
    }
    if (!found) {
      throw InputError("platform.replication.copies: no layer with processing engines is named '" + pattern +
                       "'; there are " + (there.empty() ? "none" : there));
    }
  }
}

std::vector<std::size_t> explicit_copies(const WeightImage& image, const MachineConfig& config) {
  const Names names(image.network);
  check_patterns(image, config, names);
  std::vector<std::size_t> copies(image.network.layers.size(), 1);
  Budget budget(image, config);
  for (std::size_t layer = 0; layer < copies.size(); ++layer) {
    const LayerMapping* mapping = with_engines(image, layer);
    if (mapping == nullptr) continue;
    copies[layer] = given_copies(config.replication.copies, names, layer);
    const std::size_t windows = image.network.layers[layer].shape.pixels();
    if (copies[layer] > windows) {
      throw InputError("platform.replication.copies: " + std::to_string(copies[layer]) + " copies of layer '" +
                       names[layer] + "', which has " + std::to_string(windows) + " windows an image");
    }
    const std::size_t engines = (copies[layer] - 1) * mapping->engines.size();
    if (!budget.has(engines)) {
      throw InputError("platform.replication: " + std::to_string(copies[layer]) + " copies of layer '" + names[layer] +
                       "' need " + std::to_string(engines) + " further engines; " + std::to_string(budget.left()) +
                       " are left");
    }
    budget.take(engines);
  }
  return copies;
}

}  // namespace

std::size_t engines_behind(const WeightImage& image) {
  std::size_t behind = 0;
  for (const LayerMapping& mapping : image.mappings) {
    for (const EngineShare& share : mapping.engines) behind = std::max<std::size_t>(behind, share.engine + 1);
  }
  return behind;
}

std::vector<std::size_t> layer_copies(const WeightImage& image, const MachineConfig& config) {
  const ReplicationConfig& replication = config.replication;
  if (replication.kind != ReplicationKind::given_explicitly && !replication.copies.empty()) {
    throw InputError("platform.replication.copies: given, but replication.kind is not explicit");
  }
  if (replication.kind == ReplicationKind::none && replication.engines) {
    throw InputError("platform.replication.engines: given, but replication.kind is none");
  }
  switch (replication.kind) {
    case ReplicationKind::balanced:
      return balanced_copies(image, config);
    case ReplicationKind::given_explicitly:
      return explicit_copies(image, config);
    case ReplicationKind::none:
      break;
  }
  return std::vector<std::size_t>(image.network.layers.size(), 1);
}

std::vector<std::vector<std::vector<int>>> layer_engines(const WeightImage& image, const MachineConfig& config) {
  const std::vector<std::size_t> copies = layer_copies(image, config);
  std::vector<std::vector<std::vector<int>>> engines;
  int next = static_cast<int>(engines_behind(image));
  for (std::size_t layer = 0; layer < copies.size(); ++layer) {
    engines.emplace_back(copies[layer]);
    const LayerMapping* mapping = with_engines(image, layer);
    if (mapping == nullptr) continue;
    for (const EngineShare& share : mapping->engines) {
      engines[layer].front().push_back(static_cast<int>(share.engine));
    }
    for (std::size_t copy = 1; copy < copies[layer]; ++copy) {
      for (std::size_t e = 0; e < mapping->engines.size(); ++e) engines[layer][copy].push_back(next++);
    }
  }
  return engines;
}

}  // namespace reprise
