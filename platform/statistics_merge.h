#pragma once

#include <string>

#include "platform/simulation.h"

namespace reprise {

/// As bytes, for another process of the same program.
std::string pack(const SimulationStatistics& statistics);
SimulationStatistics unpack_statistics(const std::string& bytes);

/// Adds the statistics of the same machine's run of the images that follow. With one image in flight images do not
/// meet, so that the sum is what one run of all of them gives.
void append(SimulationStatistics& statistics, const SimulationStatistics& following);

}  // namespace reprise
