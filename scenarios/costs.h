#pragma once

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/area.h"
#include "platform/energy.h"
#include "platform/simulation.h"

namespace reprise {

/// Energy and area of a run in a technology.
struct Costs {
  std::string technology;
  AdcLawChoice law;
  EnergyLedger energy;
  std::map<AdcLawChoice, std::optional<double>> total_by_law;  ///< pJ; none where a law does not cover the converters
  std::vector<AreaItem> area;
  double endurance = 0.0;  ///< how often a cell can be switched
};

/// Whether the technology covers converters of that resolution. @throws InputError where it does not
void check_coverage(const Technology& technology, int adc_bits);

/// @throws InputError as check_coverage()
Costs make_costs(const Technology& technology, int adc_bits, const WeightImage& image, const MachineConfig& machine,
                 const SimulationStatistics& statistics);

// Parts of results.json.
nlohmann::ordered_json energy_json(const Costs& costs);
nlohmann::ordered_json area_json(const Costs& costs);

/// Energy an image and area by component, for the terminal, from results.json.
std::string cost_summary(const nlohmann::ordered_json& results);

}  // namespace reprise
