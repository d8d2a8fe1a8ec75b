#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "compression/image/weight_image.h"
#include "platform/simulation.h"
#include "scenarios/costs.h"

/// What a network that is larger than the chip cost: docs/results.md.
namespace reprise {

/// The part `reload` of results.json; null where the network fits.
nlohmann::ordered_json reload_json(const WeightImage& image, const MachineConfig& machine,
                                   const SimulationStatistics& statistics, const Costs& costs);

/// For the terminal, from results.json; empty where the network fits.
std::string reload_summary(const nlohmann::ordered_json& results);

}  // namespace reprise
