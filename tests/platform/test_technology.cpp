#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "platform/technology.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

using namespace reprise;

namespace {

const std::string kDefault = REPRISE_SOURCE_DIR "/scenarios/technology/default.yaml";

std::string default_text() {
  std::ostringstream text;
  text << std::ifstream(kDefault).rdbuf();
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
    load_technology(file);
  } catch (const InputError& error) {
    const std::string message = error.what();
    CHECK(message.find(file) == 0);
    return message;
  }
  return "";
}

}  // namespace

TEST_CASE("the default technology covers every event, each with unit and source") {
  const Technology technology = load_technology(kDefault);
  CHECK(technology.coefficients.size() == kEventCount - 1);
  for (std::size_t i = 0; i < kEventCount; ++i) {
    INFO(event_name(static_cast<Event>(i)));
    CHECK(event_energy_pj(technology, static_cast<Event>(i), 4) > 0.0);
  }
  for (const auto& [name, coefficient] : technology.coefficients) {
    INFO(name);
    CHECK(coefficient.source.size() > 20);
    CHECK(coefficient.unit == event_unit(*find_event(name)));
  }
}

// The arithmetic that the sources show, done again.
TEST_CASE("the default technology's computed coefficients are what their sources compute") {
  const Technology technology = load_technology(kDefault);
  const auto check = [&](const char* event, double expected) {
    INFO(event);
    CHECK(technology.coefficients.at(event).value == Approx(expected).epsilon(0.01));
  };
  constexpr double kGigahertz = 1.2;  // mW / GHz = pJ
  check("schedule.read", 0.23 / kGigahertz);
  check("input_filter.check", 0.05 / kGigahertz);
  check("input_register.write", 0.054 * 8 + 1.24 / kGigahertz / 32);
  check("input_register.read", 1.24 / kGigahertz / 256);
  check("zero_detector.check", 0.05 / kGigahertz);
  check("dac.drive", 4.0 / 1024 * (2.5 + 3.16));
  check("crossbar.read", 0.3 / (128 * 128) * 3.16);
  check("sample_hold.sample", 0.01 / 1024 * 3.16);
  check("shift_add.add", 0.2 / 4 / kGigahertz);
  check("table.read", 20.7 * 1.2 * 4 / 64 / 256);
  check("accumulator.add", 2 * 0.05 / kGigahertz + 2 * 32 * 0.23 / kGigahertz / 256);
  check("merge.add", 2 * 0.05 / kGigahertz + 32 * 0.054);
  check("requantise.op", 0.52 / 2 / kGigahertz);
  check("vector.op", 0.4 / kGigahertz);
  check("buffer.write", 20.45 / 32);
  check("buffer.read", 20.45 / 32);
  check("router.hop", 20.74 / 32);
  check("dma.transfer", 10.0 * 8);
}

TEST_CASE("both laws of the converters can be chosen, within what they cover") {
  Technology technology = load_technology(kDefault);
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
  CHECK_THAT(fault_of(replaced(default_text(), "law: ppsim", "law: walden")), Catch::Contains("adc.law"));
  CHECK_THAT(fault_of(replaced(default_text(), "value: 0.192", "value: -1")), Catch::Contains("schedule.read"));
  CHECK_THAT(fault_of(replaced(default_text(), "    value: 0.192\n", "")), Catch::Contains("value"));
  CHECK_THAT(fault_of(replaced(default_text(), "    first_bits: 3\n", "")), Catch::Contains("first_bits"));
}
