#pragma once

#include <set>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

namespace reprise {

/// Numbers of the engines that are modelled at pin level. A pattern is compared with the engine's own name
/// ("tile0.pe3"), its layer's ("conv2") and both ("conv2.tile0.pe3"): tlm/component_names.h.
/// @throws InputError where a pattern names no engine; the message lists what there is
std::set<int> pin_level_engines(const WeightImage& image, const FidelityConfig& config);

}  // namespace reprise
