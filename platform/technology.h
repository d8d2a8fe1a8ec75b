#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/components.h"
#include "platform/design.h"
#include "tlm/events.h"
#include "tlm/machine_config.h"

namespace reprise {

struct Coefficient {
  double value = 0.0;
  std::string unit;  ///< as event_unit(), area_unit() or static_unit() says
  std::string source;
};

/// Published energies of one conversion, by resolution.
struct AdcLaw {
  int first_bits = 1;
  std::vector<double> conversion_pj;  ///< of first_bits, first_bits + 1, ...
  std::string source;
};

enum class AdcLawChoice { ppsim, saberi };

const char* to_string(AdcLawChoice law);

/// Published areas of one converter, by resolution.
struct AdcArea {
  int first_bits = 1;
  std::vector<double> um2;  ///< of first_bits, first_bits + 1, ...
  std::string source;
};

/// Published static powers of one converter, by resolution.
struct AdcStatic {
  int first_bits = 1;
  std::vector<double> milliwatts;  ///< of first_bits, first_bits + 1, ...
  std::string source;
};

struct AdcCosts {
  AdcLawChoice law = AdcLawChoice::ppsim;
  AdcLaw ppsim;
  AdcLaw saberi;
  AdcArea area;
  AdcStatic static_power;
};

/// What each event costs, and what each component takes and draws: a technology file (docs/technology.md).
struct Technology {
  std::string name;
  AdcCosts adc;
  std::map<std::string, Coefficient> coefficients;  ///< by event, all but adc.convert
  std::map<std::string, Coefficient> area;          ///< mm2 by component, all but adc
  std::map<std::string, Coefficient> static_power;  ///< mW by component, all but adc
  std::map<std::string, Coefficient> writing;       ///< of cells, by the names of writing_units()
  std::optional<Design> design;                     ///< published, where there is one
};

// The units that coefficients must have: "pJ/byte", "mm2/router", "mW/router".
const char* event_unit(Event event);
std::string area_unit(Component component);
std::string static_unit(Component component);
/// What is to be known of writing cells, in order, with the unit of each: "set_time", "ns/pulse".
const std::vector<std::pair<std::string, std::string>>& writing_units();

/// Files by the names that stand for them.
using TechnologyNames = std::map<std::string, std::filesystem::path>;

/// Every YAML file of a folder, by its name without extension.
TechnologyNames technologies_in(const std::filesystem::path& folder);

/// Reads a technology file, on top of its `base` where it has one.
/// @throws InputError, also where an event or component has no coefficient, or a coefficient no event, no component or
///         another unit
Technology load_technology(const std::filesystem::path& file, const TechnologyNames& names);

/// What one event costs, in pJ. `adc_bits` is the resolution of the converters.
/// @throws InputError when the chosen law says nothing about that resolution
double event_energy_pj(const Technology& technology, Event event, int adc_bits);

/// What writing cells takes.
CellWriting cell_writing(const Technology& technology);

/// Whether the chosen law says anything about that resolution.
bool covers(const AdcCosts& adc, int adc_bits);

// What one component takes and draws. Below the published resolutions a converter is the smallest published one: an
// upper bound. @throws InputError when the converters have more bits than any listed
double component_area_mm2(const Technology& technology, Component component, int adc_bits);
double component_static_mw(const Technology& technology, Component component, int adc_bits);

}  // namespace reprise
