#include "platform/technology.h"

#include <fmt/format.h>

#include <array>

#include "support/error.h"

namespace reprise {
namespace {

constexpr double kMaxPicojoules = 1e9;
constexpr double kMaxSquareMicrometres = 1e9;

constexpr std::array<const char*, kEventCount> kUnits = {
    "pJ/read", "pJ/check",  "pJ/byte",       "pJ/bit",  "pJ/check", "pJ/row",  "pJ/row",
    "pJ/cell", "pJ/sample", "pJ/conversion", "pJ/add",  "pJ/bit",   "pJ/add",  "pJ/add",
    "pJ/op",   "pJ/op",     "pJ/byte",       "pJ/byte", "pJ/byte",  "pJ/byte",
};

const config::Table<AdcLaw>& adc_law_table() {
  static const auto table =
      config::Table<AdcLaw>("Energy of one conversion, by resolution.")
          .number("first_bits", &AdcLaw::first_bits, 1, 16, "resolution of the first value")
          .required()
          .numbers("conversion_pj", &AdcLaw::conversion_pj, 0.0, kMaxPicojoules, "first_bits, first_bits + 1, ...")
          .required()
          .text("source", &AdcLaw::source, "where the values are from")
          .required();
  return table;
}

const config::Table<AdcArea>& adc_area_table() {
  static const auto table =
      config::Table<AdcArea>("Area of one converter, by resolution.")
          .number("first_bits", &AdcArea::first_bits, 1, 16, "resolution of the first value")
          .required()
          .numbers("um2", &AdcArea::um2, 0.0, kMaxSquareMicrometres, "first_bits, first_bits + 1, ...")
          .required()
          .text("source", &AdcArea::source, "where the values are from")
          .required();
  return table;
}

const config::Table<AdcEnergy>& adc_energy_table() {
  static const auto table =
      config::Table<AdcEnergy>("Energy of the analogue-to-digital converters: two published scaling laws.")
          .choice("law", &AdcEnergy::law, {{"ppsim", AdcLawChoice::ppsim}, {"saberi", AdcLawChoice::saberi}},
                  "the law in use")
          .section("ppsim", &AdcEnergy::ppsim, adc_law_table(), "exponential in the bits")
          .section("saberi", &AdcEnergy::saberi, adc_law_table(), "flat at low resolution")
          .section("area", &AdcEnergy::area, adc_area_table(), "area of a converter");
  return table;
}

const config::Table<Coefficient>& coefficient_table() {
  static const auto table = config::Table<Coefficient>("What one event costs, or one component takes.")
                                .number("value", &Coefficient::value, 0.0, kMaxPicojoules, "pJ or mm2")
                                .required()
                                .text("unit", &Coefficient::unit, "what the value is per")
                                .required()
                                .text("source", &Coefficient::source, "where the value is from")
                                .required();
  return table;
}

/// One line a problem.
std::string problems(const Technology& technology, const std::string& file) {
  std::string text;
  for (const auto& [name, coefficient] : technology.coefficients) {
    const auto event = find_event(name);
    if (!event) {
      text += fmt::format("{}: coefficients.{}: no such event\n", file, name);
    } else if (event == Event::adc_convert) {
      text += fmt::format("{}: coefficients.{}: comes from the section adc\n", file, name);
    } else if (coefficient.unit != event_unit(*event)) {
      text +=
          fmt::format("{}: coefficients.{}.unit: {}; expected {}\n", file, name, coefficient.unit, event_unit(*event));
    }
  }
  for (std::size_t i = 0; i < kEventCount; ++i) {
    const char* name = event_name(static_cast<Event>(i));
    if (static_cast<Event>(i) != Event::adc_convert && technology.coefficients.count(name) == 0)
      text += fmt::format("{}: coefficients: {} is missing\n", file, name);
  }
  for (const auto& [name, coefficient] : technology.area) {
    const std::string unit = "mm2/" + name;
    if (coefficient.unit != unit)
      text += fmt::format("{}: area.{}.unit: {}; expected {}\n", file, name, coefficient.unit, unit);
  }
  return text;
}

double conversion_pj(const AdcEnergy& adc, int bits) {
  const bool ppsim = adc.law == AdcLawChoice::ppsim;
  const AdcLaw& law = ppsim ? adc.ppsim : adc.saberi;
  const int last = law.first_bits + static_cast<int>(law.conversion_pj.size()) - 1;
  if (bits < law.first_bits || bits > last) {
    throw InputError(fmt::format("technology: the ADC law {} covers {} to {} bits, the converters have {}",
                                 ppsim ? "ppsim" : "saberi", law.first_bits, last, bits));
  }
  return law.conversion_pj[static_cast<std::size_t>(bits - law.first_bits)];
}

}  // namespace

const char* event_unit(Event event) {
  return kUnits.at(static_cast<std::size_t>(event));
}

const config::Table<Technology>& technology_table() {
  static const auto table =
      config::Table<Technology>("A technology: what every event costs and every component takes, with sources.")
          .text("name", &Technology::name, "shown in results")
          .required()
          .section("adc", &Technology::adc, adc_energy_table(), "event adc.convert")
          .map("coefficients", &Technology::coefficients, coefficient_table(), "all other events, by name")
          .map("area", &Technology::area, coefficient_table(), "mm2 of each component");
  return table;
}

Technology load_technology(const std::filesystem::path& file) {
  Technology technology = config::load(file, technology_table());
  std::string text = problems(technology, file.string());
  if (!text.empty()) {
    text.pop_back();
    throw InputError(text);
  }
  return technology;
}

double event_energy_pj(const Technology& technology, Event event, int adc_bits) {
  if (event == Event::adc_convert) return conversion_pj(technology.adc, adc_bits);
  return technology.coefficients.at(event_name(event)).value;
}

}  // namespace reprise
