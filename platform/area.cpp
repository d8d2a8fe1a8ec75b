#include "platform/area.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "support/error.h"
#include "tlm/replication.h"

namespace reprise {
namespace {

struct Instances {
  std::uint64_t engines = 0;
  std::uint64_t tiles = 0;
  std::uint64_t table_bits = 0;
  std::uint64_t filters = 0;
};

Instances instances(const WeightImage& image, const MachineConfig& machine) {
  Instances used;
  std::set<int> tiles;
  const auto engines = layer_engines(image, machine);
  for (const LayerMapping& mapping : image.mappings) {
    const auto& copies = engines.at(static_cast<std::size_t>(mapping.layer));
    used.table_bits += copies.size() * (mapping.storage.table_bits + mapping.storage.index_bits);
    for (const std::vector<int>& copy : copies) {
      used.engines += copy.size();
      for (int engine : copy) tiles.insert(engine / image.geometry.engines_per_tile);
    }
  }
  used.tiles = tiles.size();
  for (std::size_t layer = 0; layer < engines.size(); ++layer) {
    const auto* convolution = std::get_if<ConvolutionLayer>(&image.network.layers[layer].operation);
    if (convolution != nullptr && convolution->filter) used.filters += engines[layer].size();
  }
  return used;
}

/// Below the published range the smallest converter published: an upper bound.
double converter_area(const AdcArea& area, int bits) {
  const int last = area.first_bits + static_cast<int>(area.um2.size()) - 1;
  if (bits > last) {
    throw InputError(fmt::format("technology: adc.area covers up to {} bits, the converters have {}", last, bits));
  }
  return area.um2.at(static_cast<std::size_t>(std::max(0, bits - area.first_bits))) * 1e-6;
}

}  // namespace

std::vector<AreaItem> area_in_use(const Technology& technology, int adc_bits, const WeightImage& image,
                                  const MachineConfig& machine) {
  const Instances used = instances(image, machine);
  const Geometry& geometry = image.geometry;
  const std::uint64_t crossbars = used.engines * static_cast<std::uint64_t>(geometry.crossbars_per_engine);
  const std::uint64_t wordlines = crossbars * static_cast<std::uint64_t>(geometry.crossbar_rows);
  const std::uint64_t bitlines = crossbars * static_cast<std::uint64_t>(geometry.crossbar_columns);
  std::vector<AreaItem> items;
  const auto add = [&](const char* component, std::uint64_t count) {
    const auto found = technology.area.find(component);
    if (found == technology.area.end()) throw InputError(fmt::format("technology: area.{} is missing", component));
    items.push_back({component, count, static_cast<double>(count) * found->second.value});
  };
  add("crossbar_cell", wordlines * static_cast<std::uint64_t>(geometry.crossbar_columns));
  add("dac", wordlines);
  add("sample_hold", bitlines);
  const std::uint64_t converters = used.engines * static_cast<std::uint64_t>(machine.pipeline.adcs);
  items.push_back({"adc", converters, static_cast<double>(converters) * converter_area(technology.adc.area, adc_bits)});
  add("shift_add", used.engines);
  add("input_register", used.engines);
  add("input_filter_lane", used.filters * static_cast<std::uint64_t>(machine.pipeline.input_bytes_per_cycle));
  add("accumulators", used.engines);
  add("mapping_table_bit", used.table_bits);
  add("layer_buffers", used.tiles);
  add("vector_unit", used.tiles);
  add("router", used.tiles);
  return items;
}

}  // namespace reprise
