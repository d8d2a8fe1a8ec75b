#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/scenarios/workshop.h"

// One file an experiment: `reprise run` with a network, layers of files and settings, `reprise config`, `reprise init`.

namespace {

using namespace reprise::test;
using Catch::Contains;

std::string experiment_file(const Workshop& workshop, const std::string& more = "") {
  return workshop.file("experiment.yaml", "include: [compress.yaml, run.yaml]\nnetwork: " + network_file("lenet5") +
                                              "\ncheck: {images: 2}\n" + more);
}

Outcome run_experiment(const std::string& file, const std::string& folder, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"run", file, "-o", folder, "--count", "3"});
  return run_program(options);
}

TEST_CASE("A scenario with a network gives what compress and run give one after another") {
  const Workshop workshop;
  const std::string file = experiment_file(workshop, "mapping: {engine: dense}\n");
  REQUIRE(run_experiment(file, workshop.path("together")).code == 0);
  const std::string image = workshop.compress(network_file("lenet5"), "alone.h5", {"--engine", "dense"});
  const nlohmann::json alone = workshop.run(image, "alone", {"--count", "3", "--set", "check.images=2"});
  const auto together = nlohmann::json::parse(read_text(workshop.path("together/results.json")));
  for (const char* part : {"network", "engine", "cycles_per_image", "energy_pj", "events", "layers", "storage"}) {
    INFO(part);
    CHECK(together.at(part) == alone.at(part));
  }
  CHECK(together.at("image_configuration") == alone.at("image_configuration"));
}

TEST_CASE("The weight image in the folder is made again only where it would become another") {
  const Workshop workshop;
  const std::string file = experiment_file(workshop);
  const std::string folder = workshop.path("results");
  const auto made = [&] { return std::filesystem::last_write_time(folder + "/image.h5"); };
  REQUIRE(run_experiment(file, folder, {"--set", "mapping.engine=dense"}).code == 0);
  const auto first = made();
  const Outcome again = run_experiment(file, folder, {"--set", "mapping.engine=dense", "--set", "platform.adc.bits=5"});
  CHECK(again.code == 0);
  CHECK(again.err.find("as it was made before") != std::string::npos);
  CHECK(made() == first);
  REQUIRE(run_experiment(file, folder, {"--set", "mapping.engine=wpr"}).code == 0);
  CHECK(made() != first);
  const auto second = made();
  std::filesystem::remove(folder + "/image.identity.yaml");  // as a run leaves it that was killed in between
  REQUIRE(run_experiment(file, folder, {"--set", "mapping.engine=wpr"}).code == 0);
  CHECK(made() != second);
}

TEST_CASE("compression_file lies under the scenario, dataset is completed by evaluation") {
  const Workshop workshop;
  workshop.file("compression.yaml", read_text(workshop.path("compress.yaml")) +
                                        "mapping: {engine: dense, encoding: differential}\n"
                                        "evaluation: {format: idx, images: images.idx, labels: labels.idx}\n");
  const std::string file = workshop.file("scenario.yaml", "network: " + network_file("lenet5") +
                                                              "\ncompression_file: compression.yaml\n"
                                                              "mapping: {engine: sre}\ndataset: {count: 2}\n");
  const Outcome dumped = run_program({"config", "--dump", file});
  INFO(dumped.err);
  REQUIRE(dumped.code == 0);
  CHECK_THAT(dumped.out, Contains("engine: sre") && Contains("encoding: differential") && Contains("count: 2"));
  const std::string images = workshop.path("images.idx");
  CHECK(dumped.out.find("dataset:\n  format: idx\n  images: \"" + images) != std::string::npos);
  const std::string effective = workshop.file("effective.yaml", dumped.out);
  CHECK(run_program({"config", "--dump", effective}).out == dumped.out);
}

TEST_CASE("Wrong experiments are refused: exit code 2, the place, what was expected") {
  const Workshop workshop;
  const auto refusal = [&](const std::string& text, const std::vector<std::string>& options = {}) {
    const Outcome outcome = run_experiment(workshop.file("wrong.yaml", text), workshop.path("wrong"), options);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  const std::string network = "network: " + network_file("lenet5") + "\n";
  const std::string good = "include: [compress.yaml, run.yaml]\n" + network;
  CHECK_THAT(refusal("include: [run.yaml]\nmapping: {engine: dense}\n"),
             Contains("wrong.yaml:2:10: mapping: belongs to a compression; expected network"));
  CHECK_THAT(refusal("include: [run.yaml]\n"), Contains("image: missing; expected a path here or --image"));
  CHECK_THAT(refusal(good + "image: x.h5\n"), Contains("wrong.yaml:3:8: image: stands beside network"));
  CHECK_THAT(refusal(good, {"--image", "x.h5"}), Contains("--image: stands beside network"));
  CHECK_THAT(refusal(good, {"--set", "platform.operation_unit.rows=16"}),
             Contains("--set platform.operation_unit.rows=16: platform.operation_unit: unknown key; did you mean "
                      "hardware.operation_unit?"));
  CHECK_THAT(refusal(good, {"--set", "platform.adc.bits=16"}),
             Contains("--set platform.adc.bits=16: platform.adc.bits"));
  CHECK_THAT(refusal(network + "include: [run.yaml]\n"), Contains("calibration.format: missing key"));
  CHECK_THAT(refusal("include: wrong.yaml\n"), Contains("includes itself"));
  CHECK_THAT(refusal(good + "compression_file: nowhere.yaml\n"), Contains("nowhere.yaml: cannot be read"));
  CHECK_FALSE(std::filesystem::exists(workshop.path("wrong")));
}

TEST_CASE("config explains keys and sections, and suggests near ones") {
  const Outcome key = run_program({"config", "--explain", "hardware.operation_unit.rows"});
  CHECK(key.out ==
        "hardware.operation_unit.rows\n    wordlines switched on at once\n    an integer in 1..128, in lines; "
        "default: 9\n");
  const auto json = nlohmann::json::parse(run_program({"config", "--explain", "platform.mesh", "--json"}).out);
  REQUIRE(json.size() == 3);
  CHECK(json[2].at("key") == "platform.mesh.rows");
  CHECK(json[2].at("default") == "12");
  const Outcome unknown = run_program({"config", "--explain", "platform.operation_unit.rows"});
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Contains("did you mean hardware.operation_unit.rows?"));
  CHECK(run_program({"config"}).code == 2);
  CHECK(run_program({"config", "--keys", "--presets"}).code == 2);
  CHECK(run_program({"config", "--schema", "scene"}).code == 2);
}

TEST_CASE("init writes a scenario that can be run, and no second time") {
  if (!available("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")) return;
  const Workshop workshop;
  const std::string file = workshop.path("first.yaml");
  REQUIRE(run_program({"init", file}).code == 0);
  const Outcome outcome = run_program({"run", file, "-o", workshop.path("first"), "--json"});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto results = nlohmann::json::parse(outcome.out);
  CHECK(results.at("check").at("images") == 20);
  CHECK(results.at("accuracy").at("simulated").get<double>() > 0.7);
  const std::string before = read_text(file);
  CHECK(run_program({"init", file}).code == 2);
  CHECK(read_text(file) == before);
}

}  // namespace
