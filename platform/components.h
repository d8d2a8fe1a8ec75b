#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

namespace reprise {

/// What takes area and draws static power: docs/technology.md, section 3, in its order.
enum class Component : std::uint8_t {
  crossbar_cell,
  dac,
  sample_hold,
  adc,
  shift_add,
  input_register,
  input_filter_lane,
  accumulators,
  mapping_table_bit,
  layer_buffers,
  vector_unit,
  router,
  count_
};

constexpr std::size_t kComponentCount = static_cast<std::size_t>(Component::count_);

/// The name in technology files and results: "crossbar_cell".
const char* component_name(Component component);

/// The component of that name, or nothing.
std::optional<Component> find_component(std::string_view name);

/// Instances of each component.
class ComponentCounts {
 public:
  std::uint64_t& operator[](Component component) { return counts_[static_cast<std::size_t>(component)]; }
  std::uint64_t operator[](Component component) const { return counts_[static_cast<std::size_t>(component)]; }

  ComponentCounts& operator+=(const ComponentCounts& other) {
    for (std::size_t i = 0; i < kComponentCount; ++i) counts_[i] += other.counts_[i];
    return *this;
  }
  /// To the larger count of each component.
  void raise_to(const ComponentCounts& other) {
    for (std::size_t i = 0; i < kComponentCount; ++i) counts_[i] = std::max(counts_[i], other.counts_[i]);
  }

 private:
  std::array<std::uint64_t, kComponentCount> counts_{};
};

/// Instances by layer ("" for what serves the whole tile) and tile.
using ComponentsByPlace = std::map<std::pair<std::string, int>, ComponentCounts>;

/// The engines that the network uses, copies of layers included, whole crossbars each, and what is once in each tile
/// that has such an engine. Each copy of a layer
/// has its input filter in the tile of its first engine (tile 0 where it has none).
/// In rounds an engine serves several layers: then of each tile the most that any round needs, which belongs to no
/// layer. The bits of a mapping table are divided among the layer's engines by their units.
/// @throws InputError as layer_engines()
ComponentsByPlace components_in_use(const WeightImage& image, const MachineConfig& machine);

}  // namespace reprise
