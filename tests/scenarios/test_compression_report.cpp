#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "tests/scenarios/workshop.h"

// What a compression says about itself: parts add up, and counts are those of the simulated hardware.

namespace {

using namespace reprise;
using namespace reprise::test;
using nlohmann::json;

const char* const kPasses =
    "\ncompression: {accuracy_budget: 100, calibration_images: 6, sensitivity_images: 2, validation_images: 6}\n";

json report_of(const std::string& image) {
  return json::parse(read_text(std::filesystem::path(image).replace_extension(".json")));
}

std::string compressed(const Workshop& workshop, const std::string& preset) {
  workshop.file("passes.yaml", read_text(workshop.path("compress.yaml")) + kPasses);
  const std::string image = workshop.path(preset + ".h5");
  const Outcome outcome = run_program(
      {"compress", network_file("lenet5"), "-c", workshop.path("passes.yaml"), "--preset", preset, "-o", image});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return image;
}

std::uint64_t number(const json& value) {
  return value.get<std::uint64_t>();
}

void check_sums(const json& report) {
  json sums{{"dense", json::object()}, {"compressed", json::object()}};
  for (const json& layer : report["layers"]) {
    if (!layer.contains("mapping")) continue;
    const json& figures = layer["mapping"];
    for (const char* key : {"weights", "weights_kept", "cells", "table_bits", "index_bits", "net_bits", "dense_bits"}) {
      sums[key] = sums.value(key, 0ULL) + number(figures[key]);
    }
    for (const char* network : {"dense", "compressed"}) {
      for (const auto& [key, count] : figures[network].items()) {
        sums[network][key] = sums[network].value(key, 0ULL) + number(count);
      }
    }
    std::uint64_t patches = 0;
    for (std::size_t bits = 0; bits < 9; ++bits) patches += number(figures["patches_by_bits"][bits]);
    // Rows of a patch: 9, but the last of a convolution group may be lower.
    CHECK(patches * 9 >= number(figures["weights"]));
    CHECK(number(figures["cells"]) + number(figures["table_bits"]) + number(figures["index_bits"]) ==
          number(figures["net_bits"]));
  }
  for (const auto& [key, sum] : sums.items()) CHECK(report["total"][key] == sum);
}

}  // namespace

TEST_CASE("Each preset's report adds up and counts what the hardware does") {
  const Workshop workshop;
  for (const char* preset : {"pruning", "patch", "reuse", "all"}) {
    INFO(preset);
    const std::string image = compressed(workshop, preset);
    const json report = report_of(image);
    check_sums(report);
    const std::uint64_t images = number(report["counted_images"]);
    CHECK(images == 10);
    const json results = workshop.run(image, std::string("run-") + preset, {"--count", std::to_string(images)});
    CHECK(results["check"]["equal_to_reference"] == true);
    CHECK(results["work"]["activations"] == report["total"]["compressed"]["activations"]);
    CHECK(results["work"]["activations_dropped"] == report["total"]["compressed"]["activations_dropped"]);
    CHECK(results["events"]["adc.convert"] == report["total"]["compressed"]["conversions"]);
    CHECK(number(report["total"]["compressed"]["activations"]) < number(report["total"]["dense"]["activations"]));
    CHECK(number(report["total"]["cells"]) < number(report["total"]["dense_bits"]));
    const json effort = json::parse(read_text(std::filesystem::path(image).replace_extension(".effort.json")));
    CHECK(effort["seconds"]["sensitivity"] > 0.0);
    CHECK(effort["peak_memory_mib"] > 1.0);
  }
}

TEST_CASE("Without passes the engine dense is what everything is compared with") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "dense.h5", {"--engine", "dense"});
  const json total = report_of(image)["total"];
  CHECK(total["compressed"] == total["dense"]);
  CHECK(total["cells"] == total["dense_bits"]);
  CHECK(!report_of(image).contains("validation"));
}

TEST_CASE("The table of layers has the figures of the report") {
  const Workshop workshop;
  const std::string image = compressed(workshop, "patch");
  std::istringstream lines(read_text(std::filesystem::path(image).replace_extension(".layers.csv")));
  std::string line;
  std::getline(lines, line);
  CHECK(line.rfind("layer,weights,weights_kept,mean_bits,dense_cells,cells,", 0) == 0);
  std::size_t count = 0;
  const json report = report_of(image);
  for (const json& layer : report["layers"]) {
    if (!layer.contains("mapping")) continue;
    REQUIRE(std::getline(lines, line));
    const json& figures = layer["mapping"];
    CHECK(line.rfind('"' + layer["name"].get<std::string>() + "\"," + figures["weights"].dump() + ',' +
                         figures["weights_kept"].dump() + ',',
                     0) == 0);
    const std::string end =
        ',' + figures["dense"]["conversions"].dump() + ',' + figures["compressed"]["conversions"].dump();
    CHECK(line.substr(line.size() - end.size()) == end);
    ++count;
  }
  CHECK(count == 5);
  CHECK(!std::getline(lines, line));
}
