#include "compression/mapping/mapper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "compression/image/network_check.h"
#include "compression/image/storage.h"
#include "compression/mapping/placement.h"
#include "compression/mapping/slot.h"
#include "support/error.h"

namespace reprise {

namespace {

/// One convolution, with its channels counted.
struct Convolution {
  int index;  ///< of the layer
  const Layer& layer;
  const ConvolutionLayer& operation;
  const std::vector<std::int8_t>& weights;
  const RowShapes* shapes;
  int input_zero_point;
  MatrixShape matrix;
};

/// A layer's mapping and what is to be written into its slots, one pattern after another.
struct MappedLayer {
  LayerMapping mapping;
  Pattern patterns;
};

/// The ways in which an engine may store a layer; the one that needs least storage is taken.
std::vector<SlotRules> rules_of(const WeightImage& image) {
  const EngineFeatures features = features_of(image.engine);
  const bool kernel = image.granularity == Granularity::kernel;
  SlotRules rules;
  rules.cut = {image.encoding, image.granularity, image.geometry.unit_columns, features.narrow && kernel, false, false};
  rules.drops_zeros = features.shapes;
  rules.shared = features.shared;
  std::vector<SlotRules> all{rules};
  if (!rules.cut.narrow) return all;
  rules.cut.shifted = true;
  all.push_back(rules);
  if (!rules.shared || image.encoding == Encoding::differential) return all;
  for (std::size_t i = 0; i < 2; ++i) {
    all.push_back(all[i]);
    all.back().cut.negated = true;
  }
  return all;
}

Convolution view_convolution(const QuantisedNetwork& network, std::size_t index, const ConvolutionLayer& operation) {
  const Layer& layer = network.description.layers[index];
  const int input = layer.inputs.at(0);
  const bool pruned = index < network.shapes.size() && network.shapes[index].has_value();
  const Convolution view{static_cast<int>(index),
                         layer,
                         operation,
                         network.weights.at(index),
                         pruned ? &*network.shapes[index] : nullptr,
                         network.description.quantisation_of(input).zero_point,
                         matrix_shape(network.description, index)};
  const std::size_t expected = std::size_t{view.matrix.outputs} * view.matrix.rows_per_group;
  if (view.weights.size() != expected) {
    throw InputError(fmt::format("layer '{}': {} weights; expected {}", layer.name, view.weights.size(), expected));
  }
  return view;
}

void check_encodable(const Convolution& convolution, Encoding encoding) {
  const auto& weights = convolution.weights;
  if (encoding == Encoding::differential && std::find(weights.begin(), weights.end(), -128) != weights.end()) {
    throw InputError(
        fmt::format("layer '{}': a weight of -128; differential encoding holds -127..127", convolution.layer.name));
  }
}

std::int32_t initial_sum(const Convolution& convolution, std::uint32_t output) {
  std::int64_t sum = 0;
  std::int64_t magnitude = 0;
  const std::size_t rows = convolution.matrix.rows_per_group;
  const std::int8_t* weights = convolution.weights.data() + output * rows;
  for (std::size_t row = 0; row < rows; ++row) {
    sum += weights[row];
    magnitude += std::abs(weights[row]);
  }
  const std::int64_t start = convolution.operation.bias[output] - convolution.input_zero_point * sum;
  const std::int64_t bound = std::abs(start) + 255 * magnitude;
  if (bound > std::numeric_limits<std::int32_t>::max()) {
    throw InputError(fmt::format("layer '{}': the accumulator of output {} may reach {}; expected less than 2^31",
                                 convolution.layer.name, output, bound));
  }
  return static_cast<std::int32_t>(start);
}

/// Slots that can lie side by side in one operation unit: of one width and kind and, unless the shifts are free, of one
/// shift.
class UnitPacker {
 public:
  UnitPacker(int unit_columns, bool free_shifts) : unit_columns_(unit_columns), free_shifts_(free_shifts) {}

  void add(const Slot& slot) {
    const int shift = free_shifts_ ? 0 : slot.entries.front().shift;
    const auto [open, is_new] = open_.try_emplace({slot.columns, slot.is_signed, shift}, units_.size());
    if (is_new || (units_[open->second].size() + 1) * slot.columns > static_cast<std::size_t>(unit_columns_)) {
      open->second = units_.size();
      units_.emplace_back();
    }
    units_[open->second].push_back(&slot);
  }

  const std::vector<std::vector<const Slot*>>& units() const { return units_; }

 private:
  int unit_columns_;
  bool free_shifts_;
  std::map<std::tuple<std::uint8_t, bool, int>, std::size_t> open_;  // the last unit of each kind
  std::vector<std::vector<const Slot*>> units_;
};

void append_unit(const std::vector<const Slot*>& slots, std::size_t row_group, MappedLayer& mapped) {
  LayerMapping& mapping = mapped.mapping;
  OperationUnit unit;
  unit.row_group = static_cast<std::uint32_t>(row_group);
  unit.slot_columns = slots.front()->columns;
  unit.columns = static_cast<std::uint8_t>(slots.size() * unit.slot_columns);
  unit.signed_slots = slots.front()->is_signed;
  unit.first_entry = static_cast<std::uint32_t>(mapping.entries.size());
  mapping.units.push_back(unit);
  for (std::size_t place = 0; place < slots.size(); ++place) {
    mapped.patterns += slots[place]->pattern;
    for (ScatterEntry entry : slots[place]->entries) {
      entry.slot = static_cast<std::uint8_t>(place);
      mapping.entries.push_back(entry);
    }
  }
}

void append_row_group(const RowGroup& group, const Convolution& convolution, const SlotRules& rules, int unit_columns,
                      MappedLayer& mapped) {
  LayerMapping& mapping = mapped.mapping;
  const std::size_t number = mapping.row_group_starts.size();
  mapping.row_group_starts.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
  mapping.rows.insert(mapping.rows.end(), group.rows.begin(), group.rows.end());
  const std::vector<Slot> slots = slots_of(group, convolution.weights, convolution.matrix, rules);
  UnitPacker packer(unit_columns, rules.cut.narrow || rules.cut.granularity == Granularity::bit_column);
  for (const Slot& slot : slots) packer.add(slot);
  for (const auto& unit : packer.units()) append_unit(unit, number, mapped);
}

/// The ways in which an engine may cut a layer's rows.
std::vector<std::vector<RowGroup>> cuts_of(const Convolution& convolution, const WeightImage& image) {
  const Geometry& geometry = image.geometry;
  const EngineFeatures features = features_of(image.engine);
  const RowShapes* shapes = features.shapes ? convolution.shapes : nullptr;
  std::vector<std::vector<RowGroup>> cuts{row_groups(convolution.matrix, shapes, geometry.group_rows)};
  if (features.compressed_rows) {
    const int columns = image.encoding == Encoding::twos_complement ? 8 : 14;  // of a weight
    const int strip = std::max(1, geometry.unit_columns / columns);
    cuts.push_back(compressed_row_groups(convolution.matrix, convolution.weights, strip, geometry.group_rows));
  }
  return cuts;
}

MappedLayer map_by_rules(const Convolution& convolution, const std::vector<RowGroup>& cut, const SlotRules& rules,
                         const WeightImage& image) {
  MappedLayer mapped;
  LayerMapping& mapping = mapped.mapping;
  mapping.layer = convolution.index;
  for (std::uint32_t output = 0; output < convolution.matrix.outputs; ++output) {
    mapping.initial_sums.push_back(initial_sum(convolution, output));
  }
  for (const RowGroup& group : cut) {
    append_row_group(group, convolution, rules, image.geometry.unit_columns, mapped);
  }
  mapping.row_group_starts.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
  mapping.storage = count_storage(image, mapping);
  return mapped;
}

MappedLayer map_layer(const Convolution& convolution, const WeightImage& image) {
  check_encodable(convolution, image.encoding);
  std::optional<MappedLayer> best;
  for (const std::vector<RowGroup>& cut : cuts_of(convolution, image)) {
    for (const SlotRules& rules : rules_of(image)) {
      MappedLayer mapped = map_by_rules(convolution, cut, rules, image);
      if (!best || mapped.mapping.storage.net() < best->mapping.storage.net()) best = std::move(mapped);
    }
  }
  return std::move(*best);
}

/// A layer that engines are handed out to.
struct Claim {
  double work = 0.0;  ///< activations of all windows, were all input bits live
  std::size_t engines = 0;
  std::size_t most = 0;  ///< more have nothing to do

  double service() const { return engines < most ? work / static_cast<double>(engines) : 0.0; }
};

Claim claim_of(const NetworkDescription& network, const LayerMapping& mapping, const Geometry& geometry) {
  Claim claim;
  for (const OperationUnit& unit : mapping.units) {
    claim.work += static_cast<double>(unit_work(mapping, unit, geometry));
  }
  claim.work *= static_cast<double>(network.layers[static_cast<std::size_t>(mapping.layer)].shape.pixels());
  claim.engines = engines_needed(mapping, geometry);
  claim.most = mapping.units.size();
  return claim;
}

/// One engine after another goes to the layer that takes longest, as long as there are any.
void spread(std::vector<Claim>& claims, std::size_t engines) {
  const auto slower = [](const Claim& a, const Claim& b) { return a.service() < b.service(); };
  for (; engines > 0; --engines) {
    const auto slowest = std::max_element(claims.begin(), claims.end(), slower);
    if (slowest == claims.end() || slowest->service() <= 0.0) return;
    ++slowest->engines;
  }
}

void check_budget(const NetworkDescription& network, const std::vector<MappedLayer>& layers,
                  const std::vector<Claim>& claims, const MappingConfig& config, std::size_t needed) {
  const HardwareConfig& hardware = config.hardware;
  const std::int64_t budget = config.engine_budget.value_or(static_cast<int>(hardware.engines()));
  if (budget > hardware.engines()) {
    throw InputError(fmt::format("mapping.engine_budget: {}; the chip has {} engines ({} x {} tiles)", budget,
                                 hardware.engines(), hardware.mesh.columns, hardware.mesh.rows));
  }
  if (needed <= static_cast<std::size_t>(budget)) return;
  std::string by_layer;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    by_layer += fmt::format("{}{} {}", by_layer.empty() ? "" : ", ",
                            network.layers[static_cast<std::size_t>(layers[i].mapping.layer)].name, claims[i].engines);
  }
  const auto per_tile = static_cast<std::size_t>(hardware.tile.engines);
  const std::string there = config.engine_budget ? fmt::format("mapping.engine_budget is {}", budget)
                                                 : fmt::format("the chip has {} ({} x {} tiles)", budget,
                                                               hardware.mesh.columns, hardware.mesh.rows);
  throw InputError(fmt::format("network '{}' needs {} engines ({} tiles); {}; by layer: {}", network.name, needed,
                               (needed + per_tile - 1) / per_tile, there, by_layer));
}

/// Places all layers, one after another; the number of engines in use. Throws InputError where there are too few.
std::size_t place_layers(const NetworkDescription& network, std::vector<MappedLayer>& layers,
                         const MappingConfig& config, const Geometry& geometry) {
  std::vector<Claim> claims;
  std::size_t needed = 0;
  for (const MappedLayer& layer : layers) {
    claims.push_back(claim_of(network, layer.mapping, geometry));
    needed += claims.back().engines;
  }
  check_budget(network, layers, claims, config, needed);
  if (config.engine_budget) spread(claims, static_cast<std::size_t>(*config.engine_budget) - needed);
  std::size_t engines = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    LayerMapping& mapping = layers[i].mapping;
    place_units(mapping, geometry, static_cast<std::uint32_t>(engines), claims[i].engines);
    engines += mapping.engines.size();
  }
  return engines;
}

}  // namespace

WeightImage map_network(const QuantisedNetwork& network, const MappingConfig& config) {
  check_network(network.description);
  WeightImage image;
  image.engine = config.engine.value_or(EngineKind::wpr);
  image.encoding = config.encoding;
  image.granularity = features_of(image.engine).shared ? config.granularity : Granularity::kernel;
  image.geometry = config.hardware.geometry();
  image.network = network.description;
  std::vector<MappedLayer> layers;
  for (std::size_t i = 0; i < network.description.layers.size(); ++i) {
    const auto* operation = std::get_if<ConvolutionLayer>(&network.description.layers[i].operation);
    if (operation != nullptr) layers.push_back(map_layer(view_convolution(network, i, *operation), image));
  }
  const std::size_t engines = place_layers(network.description, layers, config, image.geometry);
  image.cells = CellArray(image.geometry, engines * static_cast<std::size_t>(image.geometry.crossbars_per_engine));
  for (MappedLayer& layer : layers) {
    write_cells(layer.mapping, layer.patterns, image.cells);
    image.mappings.push_back(std::move(layer.mapping));
  }
  image.reference_weights = network.weights;
  return image;
}

}  // namespace reprise
