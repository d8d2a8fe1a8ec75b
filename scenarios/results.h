#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/simulation.h"
#include "scenarios/costs.h"
#include "scenarios/scenario.h"

namespace reprise {

constexpr int kResultsSchema = 2;

/// What a run found out about the outputs.
struct RunOutcome {
  std::uint64_t images = 0;
  std::uint64_t correct = 0;  ///< where there are labels
  bool labelled = false;
  bool lossless = true;       ///< the converters are; otherwise outputs differ from the reference
  std::uint64_t checked = 0;  ///< outputs compared with the integer reference, all equal
};

/// results.json; docs/results.md says what is in it.
nlohmann::ordered_json make_results(const Scenario& scenario, const WeightImage& image,
                                    const SimulationStatistics& statistics, const Costs& costs,
                                    const RunOutcome& outcome);

/// layers.csv: a line a layer.
std::string layers_csv(const nlohmann::ordered_json& results);

/// The summary on the terminal.
std::string summary(const nlohmann::ordered_json& results);

/// results.json of several runs, each with a name for it.
using NamedRuns = std::vector<std::pair<std::string, nlohmann::ordered_json>>;

/// Several runs side by side, with ratios to the first and what that is in per cent.
/// @throws InputError where a figure is missing
std::string comparison(const NamedRuns& runs);

/// The same figures: for each a `name`, and by run `texts` and, where it is worth comparing, `values`.
nlohmann::ordered_json compared_quantities(const NamedRuns& runs);

}  // namespace reprise
