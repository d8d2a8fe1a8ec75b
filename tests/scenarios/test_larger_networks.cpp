#include <catch2/catch.hpp>

#include <string>

#include "tests/scenarios/workshop.h"

// A trained network on real images, in rounds on a chip that does not hold it.

namespace {

using namespace reprise::test;
using Json = nlohmann::json;

constexpr int kImages = 6;

Json run(const Workshop& workshop, const std::string& name, const std::string& engine, const std::string& platform) {
  const std::string file = workshop.file(
      name + ".yaml", "include: [fashion_mnist]\nnetwork: " + network_file("lenet5") +
                          "\nevaluation: {count: 20}\ndataset: {count: " + std::to_string(kImages) +
                          "}\nmapping: {engine: " + engine + "}\nhardware: {tile: {engines: 4}}\nplatform: {" +
                          platform + "}\ncheck: {images: " + std::to_string(kImages) + "}\n");
  const Outcome outcome = run_program({"-q", "run", file, "-o", workshop.path(name)});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  return Json::parse(read_text(workshop.path(name + "/results.json")));
}

}  // namespace

TEST_CASE("LeNet-5 in rounds gives what it gives on a chip that holds it, and pays for writing") {
  if (!available("/usr/share/datasets/fashion-mnist")) return;
  const Workshop workshop;
  for (const std::string engine : {"dense", "wpr"}) {
    INFO(engine);
    const Json whole = run(workshop, engine + "-whole", engine, "clock_mhz: 1200");
    const std::string rounds = "mesh: {columns: 1, rows: 1}, larger_networks: reload, images_in_flight: ";
    const Json single = run(workshop, engine + "-single", engine, rounds + "1");
    const Json batch = run(workshop, engine + "-batch", engine, rounds + std::to_string(kImages));
    CHECK(whole["reload"].is_null());
    for (const Json& in_rounds : {single, batch}) {
      CHECK(in_rounds["check"]["equal_to_reference"] == true);
      CHECK(in_rounds["accuracy"] == whole["accuracy"]);
      CHECK(in_rounds["work"]["activations"] == whole["work"]["activations"]);
      CHECK(in_rounds["events"]["adc.convert"] == whole["events"]["adc.convert"]);
      REQUIRE(in_rounds["reload"]["rounds"].size() >= 2);
      CHECK(in_rounds["energy_pj"]["by_component"]["programming.set"] > 0.0);
    }
    // A batch is written once, single images one by one.
    CHECK(single["reload"]["rounds"][0]["times"] == kImages);
    CHECK(batch["reload"]["rounds"][0]["times"] == 1);
    CHECK(batch["reload"]["total"]["set_pulses"] < single["reload"]["total"]["set_pulses"]);
  }
}
