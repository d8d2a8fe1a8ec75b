#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/config.h"
#include "tlm/events.h"

namespace reprise {

struct Coefficient {
  double value = 0.0;
  std::string unit;  ///< as event_unit() says
  std::string source;
};

/// Published energies of one conversion, by resolution.
struct AdcLaw {
  int first_bits = 1;
  std::vector<double> conversion_pj;  ///< of first_bits, first_bits + 1, ...
  std::string source;
};

enum class AdcLawChoice { ppsim, saberi };

/// Published areas of one converter, by resolution.
struct AdcArea {
  int first_bits = 1;
  std::vector<double> um2;  ///< of first_bits, first_bits + 1, ...
  std::string source;
};

struct AdcEnergy {
  AdcLawChoice law = AdcLawChoice::ppsim;
  AdcLaw ppsim;
  AdcLaw saberi;
  AdcArea area;
};

/// What each event costs, and what each component takes: a technology file.
struct Technology {
  std::string name;
  AdcEnergy adc;
  std::map<std::string, Coefficient> coefficients;  ///< by event, all but adc.convert
  std::map<std::string, Coefficient> area;          ///< mm2 by component (platform/area.h), all but the converters
};

/// "pJ/byte", "pJ/activation", ...: the unit that a coefficient must have.
const char* event_unit(Event event);

const config::Table<Technology>& technology_table();

/// @throws InputError, also where an event has no coefficient, or a coefficient no event or another unit
Technology load_technology(const std::filesystem::path& file);

/// What one event costs, in pJ. `adc_bits` is the resolution of the converters.
/// @throws InputError when the chosen law says nothing about that resolution
double event_energy_pj(const Technology& technology, Event event, int adc_bits);

}  // namespace reprise
