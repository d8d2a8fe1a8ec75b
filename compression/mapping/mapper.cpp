#include "compression/mapping/mapper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "compression/image/network_check.h"
#include "compression/mapping/pattern.h"
#include "compression/mapping/placement.h"
#include "compression/mapping/slot.h"
#include "support/error.h"

namespace reprise {

namespace {

/// What all layers are mapped with.
struct Scheme {
  EngineKind engine;
  Granularity granularity;
  Encoding encoding;
  Geometry geometry;
  std::vector<Piece> pieces;
  std::size_t slots_per_unit;
};

/// One convolution, with its channels counted.
struct Convolution {
  const Layer& layer;
  const ConvolutionLayer& operation;
  const std::vector<std::int8_t>& weights;
  int input_zero_point;
  std::uint32_t outputs;
  std::uint32_t groups;
  std::uint32_t rows_per_group;  ///< of a convolution group

  const std::int8_t* weights_of(std::uint32_t output) const {
    return weights.data() + std::size_t{output} * rows_per_group;
  }
};

/// A layer's mapping and what is to be written into its slots, one pattern after another.
struct MappedLayer {
  LayerMapping mapping;
  Pattern patterns;
};

Scheme make_scheme(const MappingConfig& config) {
  Scheme scheme{config.engine, config.granularity, config.encoding, config.hardware.geometry(), {}, 1};
  if (scheme.engine == EngineKind::dense) scheme.granularity = Granularity::kernel;
  scheme.pieces = pieces_of_weight(scheme.encoding, scheme.granularity, scheme.geometry.unit_columns);
  scheme.slots_per_unit = static_cast<std::size_t>(scheme.geometry.unit_columns / scheme.pieces.front().columns);
  return scheme;
}

/// ceil(log2(count)) for count >= 1.
std::uint64_t bits_to_tell(std::uint64_t count) {
  std::uint64_t bits = 0;
  while ((std::uint64_t{1} << bits) < count) ++bits;
  return bits;
}

Convolution view_convolution(const QuantisedNetwork& network, std::size_t index, const ConvolutionLayer& operation) {
  const Layer& layer = network.description.layers[index];
  const int input = layer.inputs.at(0);
  const int inputs = network.description.shape_of(input).channels;
  const Convolution view{layer,
                         operation,
                         network.weights.at(index),
                         network.description.quantisation_of(input).zero_point,
                         static_cast<std::uint32_t>(layer.shape.channels),
                         static_cast<std::uint32_t>(operation.groups),
                         static_cast<std::uint32_t>(inputs / operation.groups * operation.window.area())};
  const std::size_t expected = std::size_t{view.outputs} * view.rows_per_group;
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
  const std::int8_t* weights = convolution.weights_of(output);
  for (std::size_t row = 0; row < convolution.rows_per_group; ++row) {
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

/// All im2col rows in their order; row groups never straddle convolution groups.
void cut_rows(const Convolution& convolution, std::uint32_t unit_rows, LayerMapping& mapping) {
  for (std::uint32_t group = 0; group < convolution.groups; ++group) {
    for (std::uint32_t row = 0; row < convolution.rows_per_group; ++row) {
      if (row % unit_rows == 0) mapping.row_group_starts.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
      mapping.rows.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
    }
  }
  mapping.row_group_starts.push_back(static_cast<std::uint32_t>(mapping.rows.size()));
}

WeightBlock block_of(const Convolution& convolution, const LayerMapping& mapping, std::size_t row_group) {
  const std::uint32_t first_row = mapping.row_group_starts[row_group];
  const std::uint32_t outputs = convolution.outputs / convolution.groups;
  const std::uint32_t first_output = first_row / convolution.rows_per_group * outputs;
  return {convolution.weights_of(first_output) + first_row % convolution.rows_per_group, convolution.rows_per_group,
          mapping.rows_in_group(row_group), first_output, outputs};
}

/// Packs the slots into operation units. Where several fit into one they are all alike.
void append_units(const std::vector<Slot>& slots, std::size_t row_group, std::size_t slots_per_unit,
                  MappedLayer& mapped) {
  LayerMapping& mapping = mapped.mapping;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Slot& slot = slots[i];
    const auto place = static_cast<std::uint8_t>(i % slots_per_unit);
    if (place == 0) {
      OperationUnit unit;
      unit.row_group = static_cast<std::uint32_t>(row_group);
      unit.slot_columns = slot.columns;
      unit.signed_slots = slot.is_signed;
      unit.first_entry = static_cast<std::uint32_t>(mapping.entries.size());
      mapping.units.push_back(unit);
    }
    OperationUnit& unit = mapping.units.back();
    unit.columns = static_cast<std::uint8_t>(unit.columns + slot.columns);
    mapped.patterns += slot.pattern;
    for (ScatterEntry entry : slot.entries) {
      entry.slot = place;
      mapping.entries.push_back(entry);
    }
  }
}

Storage count_storage(const Convolution& convolution, const LayerMapping& mapping, const Scheme& scheme) {
  Storage storage;
  storage.dense_cells = std::uint64_t{8} * convolution.weights.size();
  std::vector<std::uint64_t> units(mapping.row_group_count());
  for (const OperationUnit& unit : mapping.units) {
    storage.cells += std::uint64_t{mapping.rows_in_group(unit.row_group)} * unit.columns;
    ++units[unit.row_group];
  }
  if (scheme.engine == EngineKind::dense) return storage;

  std::uint64_t entry_bits = bits_to_tell(convolution.outputs) + 1;  // the output, and an end-of-list mark
  if (scheme.granularity == Granularity::bit_column) entry_bits += 3;
  if (scheme.encoding == Encoding::differential) entry_bits += 1;
  storage.table_bits = entry_bits * mapping.entries.size();
  storage.index_bits = units.size() * bits_to_tell(*std::max_element(units.begin(), units.end()) + 1);
  return storage;
}

MappedLayer map_layer(const Convolution& convolution, const Scheme& scheme) {
  check_encodable(convolution, scheme.encoding);
  MappedLayer mapped;
  LayerMapping& mapping = mapped.mapping;
  for (std::uint32_t output = 0; output < convolution.outputs; ++output) {
    mapping.initial_sums.push_back(initial_sum(convolution, output));
  }
  cut_rows(convolution, static_cast<std::uint32_t>(scheme.geometry.unit_rows), mapping);
  for (std::size_t row_group = 0; row_group < mapping.row_group_count(); ++row_group) {
    const WeightBlock block = block_of(convolution, mapping, row_group);
    append_units(slots_of_block(block, scheme.pieces, scheme.engine), row_group, scheme.slots_per_unit, mapped);
  }
  mapping.storage = count_storage(convolution, mapping, scheme);
  return mapped;
}

/// Places all layers, one after another; the number of engines in use. Throws InputError where the chip has fewer.
std::size_t place_layers(const NetworkDescription& network, std::vector<MappedLayer>& layers,
                         const HardwareConfig& hardware, const Geometry& geometry) {
  std::size_t engines = 0;
  std::string by_layer;
  for (MappedLayer& layer : layers) {
    const std::size_t needed = engines_needed(layer.mapping.units.size(), geometry);
    place_units(layer.mapping, geometry, static_cast<std::uint32_t>(engines));
    engines += needed;
    by_layer += fmt::format("{}{} {}", by_layer.empty() ? "" : ", ",
                            network.layers[static_cast<std::size_t>(layer.mapping.layer)].name, needed);
  }
  if (engines > static_cast<std::size_t>(hardware.engines())) {
    const auto per_tile = static_cast<std::size_t>(geometry.engines_per_tile);
    throw InputError(
        fmt::format("network '{}' needs {} engines ({} tiles); the chip has {} ({} x {} tiles); by layer: {}",
                    network.name, engines, (engines + per_tile - 1) / per_tile, hardware.engines(),
                    hardware.mesh.columns, hardware.mesh.rows, by_layer));
  }
  return engines;
}

}  // namespace

WeightImage map_network(const QuantisedNetwork& network, const MappingConfig& config) {
  check_network(network.description);
  const Scheme scheme = make_scheme(config);
  std::vector<MappedLayer> layers;
  for (std::size_t i = 0; i < network.description.layers.size(); ++i) {
    const auto* operation = std::get_if<ConvolutionLayer>(&network.description.layers[i].operation);
    if (operation == nullptr) continue;
    layers.push_back(map_layer(view_convolution(network, i, *operation), scheme));
    layers.back().mapping.layer = static_cast<int>(i);
  }
  const std::size_t engines = place_layers(network.description, layers, config.hardware, scheme.geometry);

  WeightImage image;
  image.engine = scheme.engine;
  image.encoding = scheme.encoding;
  image.granularity = scheme.granularity;
  image.geometry = scheme.geometry;
  image.network = network.description;
  image.cells = CellArray(scheme.geometry, engines * static_cast<std::size_t>(scheme.geometry.crossbars_per_engine));
  for (MappedLayer& layer : layers) {
    write_cells(layer.mapping, layer.patterns, image.cells);
    image.mappings.push_back(std::move(layer.mapping));
  }
  image.reference_weights = network.weights;
  return image;
}

}  // namespace reprise
