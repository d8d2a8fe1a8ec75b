#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/technology.h"
#include "tlm/machine_config.h"

namespace reprise {

/// One kind of component: how many there are and what they take.
struct AreaItem {
  std::string component;  ///< as in the technology file's section `area`
  std::uint64_t count = 0;
  double square_millimetres = 0.0;
};

/// Area of the engines and tiles that the network uses, copies of layers included. Leaves out the rest of the chip,
/// wiring between tiles and the DMA.
/// @throws InputError when the technology has no area for a component, or the converters have more bits than any it
/// lists
std::vector<AreaItem> area_in_use(const Technology& technology, int adc_bits, const WeightImage& image,
                                  const MachineConfig& machine);

}  // namespace reprise
