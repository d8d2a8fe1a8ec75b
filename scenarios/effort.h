#pragma once

#include <string>
#include <vector>

#include "support/phase_clock.h"

namespace reprise {

/// What a job took, as JSON: not the same each time, so never in one file with its results.
std::string effort_json(const std::vector<PhaseClock::Phase>& phases);

}  // namespace reprise
