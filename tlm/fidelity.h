#pragma once

#include <set>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"
#include "tlm/rounds.h"

namespace reprise {

/// Numbers of what is modelled at pin level.
struct PinLevelParts {
  std::set<int> engines;
  std::set<int> routers;  ///< tiles
};

/// A pattern is compared with an engine's own name ("tile0.pe3"), its layer's ("conv2") and both ("conv2.tile0.pe3"),
/// and with a router's ("tile0.router"): tlm/component_names.h.
/// @param routers  that packets go through, from tile 0 on; 0 with ideal links
/// @throws InputError where a pattern names nothing; the message lists what there is
PinLevelParts pin_level_parts(const WeightImage& image, const FidelityConfig& config, int routers,
                              const RoundPlan& rounds = {});

}  // namespace reprise
