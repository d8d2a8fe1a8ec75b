#include "platform/technology.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "support/error.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

constexpr double kMost = 1e9;

constexpr std::array<const char*, kEventCount> kUnits = {
    "pJ/read",   "pJ/check",      "pJ/byte", "pJ/bit",  "pJ/check", "pJ/row",   "pJ/row",  "pJ/cell",
    "pJ/sample", "pJ/conversion", "pJ/add",  "pJ/bit",  "pJ/add",   "pJ/add",   "pJ/op",   "pJ/op",
    "pJ/byte",   "pJ/byte",       "pJ/byte", "pJ/byte", "pJ/pulse", "pJ/pulse", "pJ/cell",
};

/// A file as it stands: what it leaves out comes from its base.
struct AdcSection {
  std::optional<AdcLawChoice> law;
  std::optional<AdcLaw> ppsim;
  std::optional<AdcLaw> saberi;
  std::optional<AdcArea> area;
  std::optional<AdcStatic> static_power;
};

struct TechnologyFile {
  std::string name;
  std::optional<std::string> base;
  AdcSection adc;
  std::map<std::string, Coefficient> coefficients;
  std::map<std::string, Coefficient> area;
  std::map<std::string, Coefficient> static_power;
  std::map<std::string, Coefficient> writing;
  std::optional<Design> design;
};

/// Values by resolution: `first_bits`, a list of values, `source`.
template <class T>
config::Table<T> by_bits_table(const char* summary, const char* key, std::vector<double> T::*values) {
  return config::Table<T>(summary)
      .number("first_bits", &T::first_bits, 1, 16, "resolution of the first value")
      .required()
      .numbers(key, values, 0.0, kMost, "first_bits, first_bits + 1, ...")
      .required()
      .text("source", &T::source, "where the values are from")
      .required();
}

const config::Table<AdcSection>& adc_table() {
  using A = AdcSection;
  static const auto law =
      by_bits_table("Energy of one conversion, by resolution.", "conversion_pj", &AdcLaw::conversion_pj);
  static const auto table =
      config::Table<A>("The analogue-to-digital converters: two published laws of their energy.")
          .choice("law", &A::law, {{"ppsim", AdcLawChoice::ppsim}, {"saberi", AdcLawChoice::saberi}}, "the law in use")
          .section("ppsim", &A::ppsim, law, "exponential in the bits")
          .section("saberi", &A::saberi, law, "flat at low resolution")
          .section("area", &A::area, by_bits_table("Area of one converter, by resolution.", "um2", &AdcArea::um2),
                   "area of a converter")
          .section("static", &A::static_power,
                   by_bits_table("Static power of one converter, by resolution.", "milliwatts", &AdcStatic::milliwatts),
                   "what a converter draws all the time");
  return table;
}

const config::Table<Coefficient>& coefficient_table() {
  static const auto table =
      config::Table<Coefficient>("What one event costs, one component takes or draws, or writing cells takes.")
          .number("value", &Coefficient::value, 0.0, kMost, "in the unit")
          .required()
          .text("unit", &Coefficient::unit, "what the value is per")
          .required()
          .text("source", &Coefficient::source, "where the value is from")
          .required();
  return table;
}

config::Table<TechnologyFile> file_table(const TechnologyNames& names) {
  using T = TechnologyFile;
  std::vector<std::string> known;
  for (const auto& entry : names) known.push_back(entry.first);
  return config::Table<T>("A technology: what every event costs, every component takes and draws, with sources.")
      .text("name", &T::name, "shown in results")
      .required()
      .name_or_file("base", &T::base, known, "another technology: whatever this one leaves out, but for the design")
      .section("adc", &T::adc, adc_table(), "event adc.convert, component adc")
      .map("coefficients", &T::coefficients, coefficient_table(), "all other events, by name")
      .map("area", &T::area, coefficient_table(), "mm2 of each other component")
      .map("static", &T::static_power, coefficient_table(), "mW of each other component")
      .map("writing", &T::writing, coefficient_table(), "times, pulses and endurance of cells that are written")
      .section("design", &T::design, design_table(), "a published chip, by components");
}

template <class T>
void replace(T& value, const std::optional<T>& given) {
  if (given) value = *given;
}

void replace(std::map<std::string, Coefficient>& values, const std::map<std::string, Coefficient>& given) {
  for (const auto& [name, coefficient] : given) values[name] = coefficient;
}

Technology on_top_of(Technology technology, const TechnologyFile& file) {
  technology.name = file.name;
  replace(technology.adc.law, file.adc.law);
  replace(technology.adc.ppsim, file.adc.ppsim);
  replace(technology.adc.saberi, file.adc.saberi);
  replace(technology.adc.area, file.adc.area);
  replace(technology.adc.static_power, file.adc.static_power);
  replace(technology.coefficients, file.coefficients);
  replace(technology.area, file.area);
  replace(technology.static_power, file.static_power);
  replace(technology.writing, file.writing);
  technology.design = file.design;
  return technology;
}

Technology load(const fs::path& file, const TechnologyNames& names, std::vector<fs::path> above) {
  std::error_code error;
  const fs::path place = fs::weakly_canonical(file, error);
  if (std::find(above.begin(), above.end(), place) != above.end()) {
    throw InputError(fmt::format("{}: base: leads back to {}", above.back().string(), place.string()));
  }
  const TechnologyFile content = config::load(file, file_table(names));
  if (!content.base) return on_top_of({}, content);
  above.push_back(place);
  const auto named = names.find(*content.base);
  return on_top_of(load(named != names.end() ? named->second : fs::path(*content.base), names, std::move(above)),
                   content);
}

/// Faults of a technology, one line each.
class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}

  void add(const std::string& text) { text_ += (text_.empty() ? "" : "\n") + file_ + ": " + text; }

  void check_events(const std::map<std::string, Coefficient>& coefficients) {
    for (const auto& [name, coefficient] : coefficients) {
      const auto event = find_event(name);
      if (!event) {
        add(fmt::format("coefficients.{}: no such event", name));
      } else if (event == Event::adc_convert) {
        add(fmt::format("coefficients.{}: comes from the section adc", name));
      } else {
        check_unit("coefficients." + name, coefficient, event_unit(*event));
      }
    }
    for (std::size_t i = 0; i < kEventCount; ++i) {
      const char* name = event_name(static_cast<Event>(i));
      if (static_cast<Event>(i) != Event::adc_convert) check_there("coefficients", coefficients, name);
    }
  }

  void check_components(const std::string& section, const std::map<std::string, Coefficient>& coefficients,
                        std::string (*unit)(Component)) {
    for (const auto& [name, coefficient] : coefficients) {
      const auto component = find_component(name);
      if (!component) {
        add(fmt::format("{}.{}: no such component", section, name));
      } else if (component == Component::adc) {
        add(fmt::format("{}.{}: comes from the section adc", section, name));
      } else {
        check_unit(section + "." + name, coefficient, unit(*component));
      }
    }
    for (std::size_t i = 0; i < kComponentCount; ++i) {
      const char* name = component_name(static_cast<Component>(i));
      if (static_cast<Component>(i) != Component::adc) check_there(section, coefficients, name);
    }
  }

  void check_writing(const std::map<std::string, Coefficient>& writing) {
    std::map<std::string, std::string> units(writing_units().begin(), writing_units().end());
    for (const auto& [name, coefficient] : writing) {
      const auto unit = units.find(name);
      if (unit == units.end()) {
        add(fmt::format("writing.{}: no such figure", name));
        continue;
      }
      check_unit("writing." + name, coefficient, unit->second);
      const bool is_time = unit->second.rfind("ns/", 0) == 0;
      if (!is_time && coefficient.value < 1) {
        add(fmt::format("writing.{}.value: {}; expected at least 1", name, coefficient.value));
      }
    }
    for (const auto& [name, unit] : writing_units()) check_there("writing", writing, name.c_str());
  }

  void check_values(const char* section, const std::vector<double>& values) {
    if (values.empty()) add(fmt::format("adc: {} is missing", section));
  }

  void check_none() const {
    if (!text_.empty()) throw InputError(text_);
  }

 private:
  void check_unit(const std::string& path, const Coefficient& coefficient, const std::string& unit) {
    if (coefficient.unit != unit) add(fmt::format("{}.unit: {}; expected {}", path, coefficient.unit, unit));
  }
  void check_there(const std::string& section, const std::map<std::string, Coefficient>& all, const char* name) {
    if (all.count(name) == 0) add(fmt::format("{}: {} is missing", section, name));
  }

  std::string file_;
  std::string text_;
};

/// Below the published resolutions the value of the lowest.
double at_bits(const char* section, int first_bits, const std::vector<double>& values, int bits) {
  const int last = first_bits + static_cast<int>(values.size()) - 1;
  if (bits > last) {
    throw InputError(
        fmt::format("technology: adc.{} covers up to {} bits, the converters have {}", section, last, bits));
  }
  return values.at(static_cast<std::size_t>(std::max(0, bits - first_bits)));
}

const AdcLaw& law_of(const AdcCosts& adc) {
  return adc.law == AdcLawChoice::ppsim ? adc.ppsim : adc.saberi;
}

int last_bits(const AdcLaw& law) {
  return law.first_bits + static_cast<int>(law.conversion_pj.size()) - 1;
}

double conversion_pj(const AdcCosts& adc, int bits) {
  const AdcLaw& law = law_of(adc);
  if (!covers(adc, bits)) {
    throw InputError(fmt::format("technology: the ADC law {} covers {} to {} bits, the converters have {}",
                                 to_string(adc.law), law.first_bits, last_bits(law), bits));
  }
  return law.conversion_pj[static_cast<std::size_t>(bits - law.first_bits)];
}

}  // namespace

const char* to_string(AdcLawChoice law) {
  return law == AdcLawChoice::ppsim ? "ppsim" : "saberi";
}

const char* event_unit(Event event) {
  return kUnits.at(static_cast<std::size_t>(event));
}

std::string area_unit(Component component) {
  return std::string("mm2/") + component_name(component);
}

std::string static_unit(Component component) {
  return std::string("mW/") + component_name(component);
}

const std::vector<std::pair<std::string, std::string>>& writing_units() {
  static const std::vector<std::pair<std::string, std::string>> units{
      {"set_time", "ns/pulse"},      {"reset_time", "ns/pulse"},      {"verify_time", "ns/read"},
      {"set_pulses", "pulses/cell"}, {"reset_pulses", "pulses/cell"}, {"rows_at_a_time", "wordlines"},
      {"endurance", "writes/cell"},
  };
  return units;
}

CellWriting cell_writing(const Technology& technology) {
  const auto value = [&](const char* name) { return technology.writing.at(name).value; };
  CellWriting writing;
  writing.set_ns = value("set_time");
  writing.reset_ns = value("reset_time");
  writing.verify_ns = value("verify_time");
  writing.set_pulses = value("set_pulses");
  writing.reset_pulses = value("reset_pulses");
  writing.rows_at_a_time = static_cast<int>(value("rows_at_a_time"));
  writing.endurance = value("endurance");
  return writing;
}

TechnologyNames technologies_in(const fs::path& folder) {
  TechnologyNames names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names[entry.path().stem().string()] = entry.path();
  }
  return names;
}

Technology load_technology(const fs::path& file, const TechnologyNames& names) {
  Technology technology = load(file, names, {});
  Faults faults(file.string());
  faults.check_events(technology.coefficients);
  faults.check_components("area", technology.area, area_unit);
  faults.check_components("static", technology.static_power, static_unit);
  faults.check_writing(technology.writing);
  faults.check_values("ppsim", technology.adc.ppsim.conversion_pj);
  faults.check_values("saberi", technology.adc.saberi.conversion_pj);
  faults.check_values("area", technology.adc.area.um2);
  faults.check_values("static", technology.adc.static_power.milliwatts);
  faults.check_none();
  return technology;
}

double event_energy_pj(const Technology& technology, Event event, int adc_bits) {
  if (event == Event::adc_convert) return conversion_pj(technology.adc, adc_bits);
  return technology.coefficients.at(event_name(event)).value;
}

bool covers(const AdcCosts& adc, int adc_bits) {
  const AdcLaw& law = law_of(adc);
  return adc_bits >= law.first_bits && adc_bits <= last_bits(law);
}

double component_area_mm2(const Technology& technology, Component component, int adc_bits) {
  constexpr double kSquareMillimetres = 1e-6;  // of one um2
  const AdcArea& adc = technology.adc.area;
  if (component == Component::adc) return at_bits("area", adc.first_bits, adc.um2, adc_bits) * kSquareMillimetres;
  return technology.area.at(component_name(component)).value;
}

double component_static_mw(const Technology& technology, Component component, int adc_bits) {
  const AdcStatic& adc = technology.adc.static_power;
  if (component == Component::adc) return at_bits("static", adc.first_bits, adc.milliwatts, adc_bits);
  return technology.static_power.at(component_name(component)).value;
}

}  // namespace reprise
