#include <catch2/catch.hpp>

#include <fstream>
#include <regex>
#include <sstream>

#include "platform/technology.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

using namespace reprise;

namespace {

const std::filesystem::path kFolder = REPRISE_SOURCE_DIR "/scenarios/technology";

Technology known(const std::string& name) {
  const TechnologyNames names = technologies_in(kFolder);
  return load_technology(names.at(name), names);
}

std::string default_text() {
  std::ostringstream text;
  text << std::ifstream(kFolder / "default.yaml").rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string fault_of(const std::string& text) {
  const test::TemporaryFolder folder;
  const std::string file = folder.file("technology.yaml", text);
  try {
    load_technology(file, technologies_in(kFolder));
  } catch (const InputError& error) {
    const std::string message = error.what();
    CHECK(message.find(file) == 0);
    return message;
  }
  return "";
}

/// Says how well it is known, and from where.
void check_source(const std::string& source) {
  CHECK(std::regex_search(source, std::regex("\\[[VSRCI]\\]")));
  CHECK(source.size() > 20);
}

void check_level(const DesignLevel& level) {
  for (const auto& [name, row] : level.components) {
    INFO(name);
    CHECK(std::regex_search(row.source, std::regex("\\[[VSRCI]\\]")));
  }
}

/// Compares coefficients with arithmetic, to the digits that are written down.
class Arithmetic {
 public:
  explicit Arithmetic(const std::string& name) : technology_(known(name)) {}

  void event(const char* name, double expected) const { check(technology_.coefficients, name, expected); }
  void area(const char* name, double expected) const { check(technology_.area, name, expected); }
  void standing(const char* name, double expected) const { check(technology_.static_power, name, expected); }
  const Technology& technology() const { return technology_; }

 private:
  static void check(const std::map<std::string, Coefficient>& all, const char* name, double expected) {
    INFO(name);
    CHECK(all.at(name).value == Approx(expected).epsilon(0.01));
  }

  const Technology technology_;
};

}  // namespace

TEST_CASE("every technology covers every event and component, each with unit and source") {
  CHECK(technologies_in(kFolder).size() >= 4);
  for (const auto& entry : technologies_in(kFolder)) {
    INFO(entry.first);
    const Technology technology = known(entry.first);
    CHECK(technology.name == entry.first + "_32nm");
    CHECK(technology.coefficients.size() == kEventCount - 1);
    for (std::size_t i = 0; i < kEventCount; ++i) {
      INFO(event_name(static_cast<Event>(i)));
      CHECK(event_energy_pj(technology, static_cast<Event>(i), 4) > 0.0);
    }
    for (std::size_t i = 0; i < kComponentCount; ++i) {
      INFO(component_name(static_cast<Component>(i)));
      CHECK(component_area_mm2(technology, static_cast<Component>(i), 4) > 0.0);
      CHECK(component_static_mw(technology, static_cast<Component>(i), 4) >= 0.0);
    }
    for (const auto* section : {&technology.coefficients, &technology.area, &technology.static_power}) {
      for (const auto& [name, coefficient] : *section) {
        INFO(name);
        check_source(coefficient.source);
      }
    }
    for (const auto& [name, coefficient] : technology.static_power) {
      INFO(name);
      CHECK((coefficient.value > 0 || coefficient.source.find("[V] 0") == 0));  // a zero says why
    }
    for (const AdcLaw& law : {technology.adc.ppsim, technology.adc.saberi}) check_source(law.source);
    check_source(technology.adc.area.source);
    check_source(technology.adc.static_power.source);
    if (technology.design) {
      for (const DesignLevel& level : {technology.design->engine, technology.design->tile, technology.design->chip})
        check_level(level);
    }
  }
}

// The arithmetic that the sources show, done again. mW / GHz = pJ; mW x ns = pJ.
TEST_CASE("the default technology's computed coefficients are what their sources compute") {
  const Arithmetic check("default");
  constexpr double kGigahertz = 1.2;
  check.event("schedule.read", 0.23 / kGigahertz);
  check.event("input_filter.check", 0.05 / kGigahertz);
  check.event("input_register.write", 0.054 * 8 + 1.24 / kGigahertz / 32);
  check.event("input_register.read", 1.24 / kGigahertz / 256);
  check.event("zero_detector.check", 0.05 / kGigahertz);
  check.event("dac.drive", 4.0 / 1024 * (2.5 + 3.16));
  check.event("crossbar.read", 0.3 / (128 * 128) * 3.16);
  check.event("sample_hold.sample", 0.01 / 1024 * 3.16);
  check.event("shift_add.add", 0.2 / 4 / kGigahertz);
  check.event("table.read", 20.7 * 1.2 * 4 / 64 / 256);
  check.event("accumulator.add", 2 * 0.05 / kGigahertz + 2 * 32 * 0.23 / kGigahertz / 256);
  check.event("merge.add", 2 * 0.05 / kGigahertz + 32 * 0.054);
  check.event("requantise.op", 0.52 / 2 / kGigahertz);
  check.event("vector.op", 0.4 / kGigahertz);
  check.event("buffer.write", 20.45 / 32);
  check.event("buffer.read", 20.45 / 32);
  check.event("router.hop", 20.74 / 32);
  check.event("dma.transfer", 10.0 * 8);
  check.area("crossbar_cell", 0.0002 / 8 / (128 * 128));
  check.area("dac", 0.00017 / 1024);
  check.area("sample_hold", 0.00004 / 1024);
  check.area("shift_add", 0.00024 / 4);
  check.area("mapping_table_bit", 0.083 / (64 * 1024 * 8));
  check.area("layer_buffers", 0.083 + 0.090);
  check.area("vector_unit", 0.0006 + 0.00006 + 0.00024);
  check.area("router", 0.151 / 4);
}

TEST_CASE("isaac's computed coefficients are those of its design") {
  const Arithmetic check("isaac");
  const auto& engine = check.technology().design->engine.components;
  const auto each = [&](const char* name) { return engine.at(name).power_mw / engine.at(name).instances; };
  check.event("dac.drive", each("dac") * 100);
  check.event("crossbar.read", each("crossbar") * 100 / (128 * 128));
  check.event("sample_hold.sample", each("sample_hold") * 100);
  check.event("shift_add.add", engine.at("shift_add").power_mw / (engine.at("adc").instances * 1.2));
  CHECK(event_energy_pj(check.technology(), Event::adc_convert, 8) == Approx(each("adc") / 1.2).epsilon(0.01));
  CHECK(component_area_mm2(check.technology(), Component::adc, 8) == Approx(engine.at("adc").area_mm2 / 8));
}

TEST_CASE("sre_like's computed coefficients are what their sources compute") {
  const Arithmetic check("sre_like");
  check.event("input_register.read", 0.23 / 1.2 / 256);
  check.event("input_register.write", 20.7 * 1.2 / 32 * 16 / 64 + 0.23 / 1.2 / 32);
  check.event("dac.drive", 0.0039 * (2.5 + 3.16));
  check.event("buffer.write", 20.7 * 1.2 / 32);
  check.event("buffer.read", 20.7 * 1.2 / 32);
  CHECK(event_energy_pj(check.technology(), Event::adc_convert, 6) == Approx(0.6425 / 1.2).epsilon(0.01));
  CHECK(component_area_mm2(check.technology(), Component::adc, 4) == Approx(0.0012));
}

TEST_CASE("puma's computed coefficients are what their sources compute") {
  const Arithmetic check("puma");
  constexpr double kVector = 32.0 / 45;
  check.event("schedule.read", 0.16);
  check.event("input_register.write", 6.0 / 384 * 8 + 0.16 / 2);
  check.event("input_register.read", 1.7 / 128);
  check.event("dac.drive", 0.00350625 * 100);
  check.event("crossbar.read", 0.3 / (128 * 128) * 100);
  check.event("sample_hold.sample", 9.7e-6 - 9.7e-7);
  check.event("shift_add.add", 0.05 - 0.005);
  check.event("accumulator.add", 2 * 0.045 + 4 * 0.16);
  check.event("merge.add", 2 * 0.045 + 32 * 6.0 / 384);
  check.event("requantise.op", 0.795 * kVector);
  check.event("vector.op", 0.373 * kVector);
  check.event("buffer.write", 17.2 / 32);
  check.event("buffer.read", 17.2 / 32);
  check.event("router.hop", 16.13 / (4 * 4));
  check.area("mapping_table_bit", 0.00392 / (2048 * 8));
  check.area("layer_buffers", 0.086 + 0.090 + 0.00145);
  check.area("vector_unit", 0.00567 * kVector + 0.0003);
  check.area("router", 0.047 / 4);
  check.standing("mapping_table_bit", 0.33 / (2048 * 8));
  check.standing("layer_buffers", 0.46 + 1.0 / 2 + 0.05);
  check.standing("vector_unit", 0.27 * kVector + 0.026);
  check.standing("router", 0.41 / 4);
  CHECK(component_static_mw(check.technology(), Component::adc, 4) == 0.2);
  Technology technology = check.technology();
  const Technology whole = known("default");  // of 2 mW at 8 bits, 1.8 are dynamic
  for (const AdcLawChoice law : {AdcLawChoice::ppsim, AdcLawChoice::saberi}) {
    technology.adc.law = law;
    Technology other = whole;
    other.adc.law = law;
    for (int bits = 4; bits <= 9; ++bits) {
      INFO(to_string(law) << " " << bits);
      CHECK(event_energy_pj(technology, Event::adc_convert, bits) ==
            Approx(0.9 * event_energy_pj(other, Event::adc_convert, bits)).epsilon(0.005));
    }
  }
}

TEST_CASE("isaac's components add up to its published totals") {
  const Design design = *known("isaac").design;
  CHECK(engine_total(design).power_mw == Approx(24.1).epsilon(0.02));
  CHECK(tile_total(design).power_mw == Approx(330).epsilon(0.02));
  CHECK(tile_total(design).area_mm2 == Approx(0.372).epsilon(0.02));
  CHECK(chip_total(design).power_mw == Approx(65'800).epsilon(0.02));
  CHECK(chip_total(design).area_mm2 == Approx(85.4).epsilon(0.02));
}

// What is not known of it: docs/technology.md.
TEST_CASE("puma's components come near its published totals") {
  const Design design = *known("puma").design;
  CHECK(design.engine.components.at("mvmu").power_mw == Approx(2 * 43.97e3 / 2304));
  CHECK(chip_total(design).power_mw == Approx(62'500).epsilon(0.02));
  CHECK(chip_total(design).area_mm2 == Approx(90.6).epsilon(0.03));
}

TEST_CASE("the laws of the converters differ by 4.2 at 4 bits, in every technology") {
  for (const auto& entry : technologies_in(kFolder)) {
    INFO(entry.first);
    Technology technology = known(entry.first);
    technology.adc.law = AdcLawChoice::ppsim;
    const double ppsim = event_energy_pj(technology, Event::adc_convert, 4);
    technology.adc.law = AdcLawChoice::saberi;
    CHECK(event_energy_pj(technology, Event::adc_convert, 4) / ppsim == Approx(4.2).epsilon(0.01));
  }
}

TEST_CASE("a technology takes what it leaves out from its base, but not the design") {
  const test::TemporaryFolder folder;
  const TechnologyNames names = technologies_in(kFolder);
  const std::string file = folder.file("own.yaml", R"(
name: own
base: isaac
adc: {law: saberi}
coefficients:
  dac.drive: {value: 7, unit: pJ/row, source: made up}
)");
  const Technology own = load_technology(file, names);
  const Technology isaac = known("isaac");
  CHECK(own.name == "own");
  CHECK(own.adc.law == AdcLawChoice::saberi);
  CHECK(own.adc.saberi.conversion_pj == isaac.adc.saberi.conversion_pj);
  CHECK(own.coefficients.at("dac.drive").value == 7);
  CHECK(own.coefficients.at("crossbar.read").value == isaac.coefficients.at("crossbar.read").value);
  CHECK(own.coefficients.at("router.hop").value == known("default").coefficients.at("router.hop").value);
  CHECK(isaac.design);
  CHECK(!own.design);
  const std::string on_file = folder.file("deeper.yaml", "name: deeper\nbase: own.yaml\n");
  CHECK(load_technology(on_file, names).coefficients.at("dac.drive").value == 7);
  folder.file("one.yaml", "name: one\nbase: two.yaml\n");
  const std::string two = folder.file("two.yaml", "name: two\nbase: one.yaml\n");
  CHECK_THROWS_WITH(load_technology(two, names), Catch::Contains("one.yaml: base: leads back to"));
  CHECK_THAT(fault_of("name: own\nbase: isac\n"),
             Catch::Contains(":2:7: base: found isac; expected one of default, isaac, puma, sre_like, or a path"));
}

TEST_CASE("both laws of the converters can be chosen, within what they cover") {
  Technology technology = known("default");
  for (int bits = 3; bits <= 9; ++bits) {
    const double levels = static_cast<double>(1 << bits);
    const double expected = 2.0 * (levels / (bits + 1)) / (256.0 / 9) / 1.2;
    CHECK(event_energy_pj(technology, Event::adc_convert, bits) == Approx(expected).epsilon(0.01));
  }
  CHECK_THROWS_AS(event_energy_pj(technology, Event::adc_convert, 2), InputError);
  CHECK_THROWS_AS(event_energy_pj(technology, Event::adc_convert, 10), InputError);
  technology.adc.law = AdcLawChoice::saberi;
  CHECK(event_energy_pj(technology, Event::adc_convert, 4) == 0.79);
  CHECK(event_energy_pj(technology, Event::adc_convert, 9) == 1.97);
  CHECK_THROWS_WITH(event_energy_pj(technology, Event::adc_convert, 3),
                    "technology: the ADC law saberi covers 4 to 9 bits, the converters have 3");
}

TEST_CASE("a technology file with a fault is refused and the fault named") {
  CHECK(fault_of(default_text()).empty());
  CHECK_THAT(fault_of(replaced(default_text(), "dac.drive:", "dac.drives:")),
             Catch::Contains("coefficients.dac.drives: no such event") &&
                 Catch::Contains("coefficients: dac.drive is missing"));
  CHECK_THAT(fault_of(replaced(default_text(), "unit: pJ/byte", "unit: pJ/bit")),
             Catch::Contains("coefficients.input_register.write.unit: pJ/bit; expected pJ/byte"));
  CHECK_THAT(fault_of(replaced(default_text(), "dac.drive:", "adc.convert:")),
             Catch::Contains("coefficients.adc.convert: comes from the section adc"));
  CHECK_THAT(fault_of(replaced(default_text(), "  router:", "  rooter:")),
             Catch::Contains("area.rooter: no such component") && Catch::Contains("area: router is missing"));
  CHECK_THAT(fault_of(replaced(default_text(), "unit: mW/dac", "unit: W/dac")),
             Catch::Contains("static.dac.unit: W/dac; expected mW/dac"));
  CHECK_THAT(fault_of(replaced(default_text(), "  router:", "  adc:")),
             Catch::Contains("area.adc: comes from the section adc"));
  CHECK_THAT(fault_of("name: empty\n"),
             Catch::Contains("adc: ppsim is missing") && Catch::Contains("static: dac is missing"));
  CHECK_THAT(fault_of(replaced(default_text(), "law: ppsim", "law: walden")), Catch::Contains("adc.law"));
  CHECK_THAT(fault_of(replaced(default_text(), "value: 0.192", "value: -1")), Catch::Contains("schedule.read"));
  CHECK_THAT(fault_of(replaced(default_text(), "    value: 0.192\n", "")), Catch::Contains("value"));
  CHECK_THAT(fault_of(replaced(default_text(), "    first_bits: 3\n", "")), Catch::Contains("first_bits"));
}
