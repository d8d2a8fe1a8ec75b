#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/components.h"
#include "platform/technology.h"
#include "tlm/machine_config.h"

namespace reprise {

/// One kind of component in one tile: how many there are and what they take.
struct AreaItem {
  Component component = Component::count_;
  int tile = 0;
  std::uint64_t count = 0;
  double square_millimetres = 0.0;
};

/// Area of the engines and tiles that the network uses (components_in_use()), by tile, in the order of the components.
/// Leaves out the rest of the chip, wiring between tiles and the DMA.
/// @throws InputError when the converters have more bits than any that the technology lists
std::vector<AreaItem> area_in_use(const Technology& technology, int adc_bits, const WeightImage& image,
                                  const MachineConfig& machine);

}  // namespace reprise
