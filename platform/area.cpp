#include "platform/area.h"

namespace reprise {

std::vector<AreaItem> area_in_use(const Technology& technology, int adc_bits, const WeightImage& image,
                                  const MachineConfig& machine) {
  std::map<int, ComponentCounts> by_tile;
  for (const auto& [place, counts] : components_in_use(image, machine)) by_tile[place.second] += counts;
  std::vector<AreaItem> items;
  for (const auto& [tile, counts] : by_tile) {
    for (std::size_t i = 0; i < kComponentCount; ++i) {
      const auto component = static_cast<Component>(i);
      const std::uint64_t count = counts[component];
      const double area = static_cast<double>(count) * component_area_mm2(technology, component, adc_bits);
      items.push_back({component, tile, count, area});
    }
  }
  return items;
}

}  // namespace reprise
