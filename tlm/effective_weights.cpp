#include "tlm/effective_weights.h"

#include <utility>

#include "compression/image/weight_decoder.h"
#include "support/error.h"
#include "support/huge_pages.h"
#include "support/vector_clones.h"

namespace reprise {

std::size_t gathered_position(std::uint32_t row, const ConvolutionLayer& convolution, int input_channels) {
  const auto taps = static_cast<std::size_t>(convolution.window.area());
  const auto channels = static_cast<std::size_t>(input_channels / convolution.groups);
  const std::size_t channel = row / taps;
  const std::size_t tap = row % taps;
  return (channel / channels) * taps * channels + tap * channels + channel % channels;
}

namespace {

/// Whether all fit.
REPRISE_VECTOR_CLONES bool narrow(const std::int16_t* from, std::size_t count, std::int8_t* to) {
  int lost = 0;
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<std::int8_t>(from[i]);
    lost |= to[i] ^ from[i];
  }
  return lost == 0;
}

/// Puts some im2col rows in their places.
void copy_rows(const DecodedWeights& decoded, std::size_t taps, EffectiveWeights& weights, const Layer& layer) {
  const std::size_t channels = weights.rows_per_group / taps;
  for (std::size_t i = 0; i < decoded.rows; ++i) {
    const std::size_t row = decoded.first_row + i;  // channel of the group, then tap
    const std::size_t position = row % taps * channels + row / taps;
    for (std::size_t group = 0; group < weights.groups; ++group) {
      const bool fits =
          narrow(&decoded.values[i * decoded.outputs + group * weights.outputs_per_group], weights.outputs_per_group,
                 &weights.values[(group * weights.rows_per_group + position) * weights.outputs_per_group]);
      if (!fits) throw InputError("layer '" + layer.name + "': the cells add up to a weight outside -128..127");
    }
  }
}

/// The mapping without the scatter lists of some engines: their cells then count for nothing.
LayerMapping without_entries(LayerMapping mapping, const std::set<int>& engines) {
  std::vector<ScatterEntry> entries;
  const LayerMapping whole = mapping;
  for (const EngineShare& share : whole.engines) {
    for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      mapping.units[u].first_entry = static_cast<std::uint32_t>(entries.size());
      if (engines.count(static_cast<int>(share.engine)) != 0) continue;
      for (std::size_t e = whole.entries_begin(u); e < whole.entries_end(u); ++e) entries.push_back(whole.entries[e]);
    }
  }
  mapping.entries = std::move(entries);
  return mapping;
}

}  // namespace

EffectiveWeights effective_weights(const WeightImage& image, const LayerMapping& mapping,
                                   const std::set<int>& elsewhere) {
  const Layer& layer = image.network.layers.at(static_cast<std::size_t>(mapping.layer));
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const auto taps = static_cast<std::size_t>(convolution.window.area());
  EffectiveWeights weights;
  weights.groups = static_cast<std::size_t>(convolution.groups);
  weights.rows_per_group =
      static_cast<std::size_t>(image.network.shape_of(layer.inputs.front()).channels) / weights.groups * taps;
  weights.outputs_per_group = static_cast<std::size_t>(layer.shape.channels) / weights.groups;

  const std::size_t count = weights.groups * weights.rows_per_group * weights.outputs_per_group;
  reserve_in_huge_pages(weights.values, count);
  weights.values.resize(count);
  const auto take = [&](const DecodedWeights& decoded) { copy_rows(decoded, taps, weights, layer); };
  if (elsewhere.empty()) {
    decode_weights(image, mapping, take);
  } else {
    decode_weights(image, without_entries(mapping, elsewhere), take);
  }
  return weights;
}

}  // namespace reprise
