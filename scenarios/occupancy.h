#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "compression/image/weight_image.h"
#include "platform/simulation.h"
#include "tlm/machine_config.h"

/// Who is at work where and when; docs/results.md says what is in it.
namespace reprise {

/// Part of results.json: the tiles in use, and how busy their engines were.
nlohmann::ordered_json tiles_json(const WeightImage& image, const SimulationStatistics& statistics,
                                  const MachineConfig& machine);

/// engines.csv: a line an engine in use.
std::string engines_csv(const WeightImage& image, const SimulationStatistics& statistics);

/// pipeline.csv: what the layers do over the time of an image, a line a layer and slot of time.
std::string pipeline_csv(const WeightImage& image, const SimulationStatistics& statistics);

}  // namespace reprise
