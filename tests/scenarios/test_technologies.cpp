#include <catch2/catch.hpp>

#include <map>
#include <regex>

#include "tests/scenarios/workshop.h"

// The technologies that come with the program, by name: shown, chosen, and what a run costs in each. 12 random images.

namespace {

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;
using nlohmann::json;

const std::vector<std::string> kNames{"default", "isaac", "puma", "sre_like"};

void append(const Workshop& workshop, const std::string& text) {
  static const std::string base = read_text(Workshop().path("run.yaml"));
  workshop.file("run.yaml", base + text);
}

double sum_of(const json& parts, const char* key) {
  double sum = 0.0;
  for (const json& part : parts) sum += part.at(key).get<double>();
  return sum;
}

/// What the components of a kind in the ledger add up to: events, or static power.
double sum_by_component(const json& energy, bool standing) {
  double sum = 0.0;
  for (const auto& [name, picojoules] : energy["by_component"].items()) {
    if ((name.rfind("static.", 0) == 0) == standing) sum += picojoules.get<double>();
  }
  return sum;
}

/// By component, by layer and by tile: the same energy; by component and by tile: the same area.
void check_sums(const json& results) {
  const json& energy = results["energy_pj"];
  const auto exactly = [](const json& value) { return Approx(value.get<double>()).epsilon(1e-12); };
  CHECK(sum_by_component(energy, false) == exactly(energy["dynamic"]));
  CHECK(sum_by_component(energy, true) == exactly(energy["static"]));
  CHECK(energy["dynamic"].get<double>() + energy["static"].get<double>() == exactly(energy["total"]));
  for (const char* by : {"by_layer", "by_tile"}) {
    INFO(by);
    for (const char* key : {"total", "dynamic", "static"}) CHECK(sum_of(energy[by], key) == exactly(energy[key]));
  }
  const json& area = results["area_mm2_in_use"];
  CHECK(sum_of(area["by_component"], "mm2") == exactly(area["total"]));
  CHECK(sum_of(area["by_tile"], "total") == exactly(area["total"]));
  for (const auto& [component, part] : area["by_component"].items()) {
    std::uint64_t count = 0;
    for (const json& tile : area["by_tile"]) count += tile["by_component"][component]["count"].get<std::uint64_t>();
    CHECK(count == part["count"]);
  }
}

TEST_CASE("the command lists and shows what comes with the program") {
  const Outcome list = run_program({"technology"});
  CHECK(list.code == 0);
  for (const std::string& name : kNames) {
    INFO(name);
    CHECK(std::regex_search(list.out, std::regex("\n" + name + " +" + name + "_32nm\n")));
    const Outcome text = run_program({"technology", name});
    CHECK(text.code == 0);
    CHECK(text.err.empty());
    for (const char* part : {"dac.drive", "pJ/conversion", "mm2/router", "mW/router", "[V]"}) {
      CHECK_THAT(text.out, Contains(part));
    }
    const json technology = json::parse(run_program({"technology", name, "--json"}).out);
    CHECK(technology["name"] == name + "_32nm");
    for (const char* section : {"coefficients", "area", "static"}) {
      for (const json& coefficient : technology[section]) CHECK(!coefficient["source"].get<std::string>().empty());
    }
    CHECK(technology["adc"]["law"] == "ppsim");
    CHECK(technology["design"].is_null() == (name != "isaac" && name != "puma"));
  }
  CHECK(run_program({"technology", source_file("scenarios/technology/isaac.yaml").string()}).out ==
        run_program({"technology", "isaac"}).out);
}

TEST_CASE("the command shows a design's totals as its components make them") {
  const json design = json::parse(run_program({"technology", "isaac", "--json"}).out)["design"];
  CHECK(design["engine"]["total"]["power_mw"].get<double>() == Approx(24.08));
  CHECK(design["tile"]["units_below"]["count"] == 12);
  CHECK(design["tile"]["units_below"]["each"] == design["engine"]["total"]);
  CHECK(design["tile"]["components"]["router"]["power_mw"] == 10.5);
  CHECK(design["chip"]["total"]["power_mw"].get<double>() == Approx(65'800).epsilon(0.001));
  const std::string text = run_program({"technology", "isaac"}).out;
  CHECK(std::regex_search(text, std::regex("\n  IMA +12 +289 +0\\.1574 +87\\.6%")));
  CHECK(std::regex_search(text, std::regex("\n  router +1/4 +10\\.5 +0\\.03775 +3\\.2%  \\[V\\]")));
}

TEST_CASE("a name that is not known is refused and the known ones listed") {
  const Workshop workshop;
  const std::string expected = "found isac; expected one of default, isaac, puma, sre_like, or a path";
  const Outcome shown = run_program({"technology", "isac"});
  CHECK(shown.code == 2);
  CHECK(shown.out.empty());
  CHECK_THAT(shown.err, Contains(expected));
  append(workshop, "technology: isac\n");
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  const Outcome run = run_program({"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path("new")});
  CHECK(run.code == 2);
  CHECK_THAT(run.err, Contains("run.yaml:7:13: technology: " + expected));
}

TEST_CASE("in every technology the parts of energy and area add up to the whole") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("vgg8"), "image.h5");  // in several tiles
  std::map<std::string, json> results;
  for (const std::string& name : kNames) {
    INFO(name);
    append(workshop, "technology: " + name + "\n");
    results[name] = workshop.run(image, name, {"--count", "2"});
    CHECK(results[name]["energy_pj"]["technology"] == name + "_32nm");
    CHECK(results[name]["energy_pj"]["by_tile"].size() == 7);
    CHECK(results[name]["area_mm2_in_use"]["by_tile"].size() == 7);
    check_sums(results[name]);
    CHECK(results[name]["events"] == results["default"]["events"]);
  }
  CHECK(results["isaac"]["energy_pj"]["static"] == 0);
  const json& puma = results["puma"];
  const double us = puma["throughput"]["elapsed_cycles"].get<double>() / 1200;
  const double engines = puma["storage"]["engines"].get<double>();
  CHECK(puma["energy_pj"]["by_component"]["static.adc"].get<double>() == Approx(engines * 0.2 * us * 1000));
  CHECK(puma["energy_pj"]["by_component"]["static.router"].get<double>() == Approx(7 * 0.1025 * us * 1000));
}

TEST_CASE("the law of the converters can be chosen in a scenario") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  for (const std::string& name : kNames) {
    INFO(name);
    std::map<std::string, json> energy;
    for (const std::string law : {"ppsim", "saberi"}) {
      append(workshop, "technology: " + name + "\nadc_law: " + law + "\n");
      energy[law] = workshop.run(image, "run", {"--count", "1"})["energy_pj"];
      CHECK(energy[law]["adc_law"] == law);
      CHECK(energy[law]["total_by_adc_law"][law] == energy[law]["total"]);
    }
    CHECK(energy["ppsim"]["total_by_adc_law"] == energy["saberi"]["total_by_adc_law"]);
    const auto conversions = [&](const char* law) { return energy[law]["by_component"]["adc.convert"].get<double>(); };
    CHECK(conversions("saberi") / conversions("ppsim") == Approx(4.2).epsilon(0.01));
  }
  append(workshop, "platform: {adc: {bits: 3}}\n");  // a law that says nothing about 3 bits
  CHECK(workshop.run(image, "run", {"--count", "1"})["energy_pj"]["total_by_adc_law"]["saberi"].is_null());
}

TEST_CASE("the summary has energy and area by component") {
  const Workshop workshop;
  append(workshop, "technology: puma\n");
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  const Outcome outcome = run_program({"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path("run")});
  REQUIRE(outcome.code == 0);
  for (const char* row : {"\nenergy an image, pJ ", "\n  dynamic ", "\n  static ", "\n  adc.convert ", "\ndynamic ",
                          "\n  static.adc ", "\nstatic ", "\ntotal ", "\narea in use ", "\n  crossbar_cell "}) {
    CHECK_THAT(outcome.out, Contains(row));
  }
}

}  // namespace
