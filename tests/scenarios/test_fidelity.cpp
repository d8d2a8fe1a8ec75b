#include <catch2/catch.hpp>

#include "tests/scenarios/workshop.h"

// Processing engines at pin level inside a whole network: nothing in the results changes.

namespace {

using namespace reprise::test;
using nlohmann::json;

const std::vector<std::string> kOneImage{"--count", "1"};

json results_with(const Workshop& workshop, const std::string& image, const std::string& platform) {
  static const std::string sound = read_text(workshop.path("run.yaml"));
  workshop.file("run.yaml", sound + "platform: {" + platform + "}\n");
  json results = workshop.run(image, "run", kOneImage);
  CHECK(results["configuration"].get<std::string>().find("fidelity") != std::string::npos);
  results.erase("configuration");
  return results;
}

void check_fidelities(const std::vector<std::string>& engine, const std::string& machine) {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", engine);
  const json plain = results_with(workshop, image, machine + "fidelity: {default: tlm}");
  CHECK(plain["events"]["adc.convert"] > 0);
  for (const char* fidelity : {"rtl: [tile0.pe1]", "rtl: ['_7_Gemm.*']", "rtl: [_3_Conv, '*.pe0']", "default: rtl"}) {
    INFO(fidelity);
    CHECK(results_with(workshop, image, machine + "fidelity: {" + fidelity + "}") == plain);
  }
}

TEST_CASE("LeNet-5 with one engine, one layer, some and all engines at pin level: the same results") {
  check_fidelities({"--engine", "dense"}, "");
  check_fidelities({"--engine", "wpr", "--granularity", "bit_column"}, "pipeline: {scatter_ports: 1}, ");
}

TEST_CASE("Layers of the 8-layer network at pin level: the same results") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("vgg8"), "image.h5", {"--engine", "dense"});
  const json plain = results_with(workshop, image, "fidelity: {default: tlm}");
  // From the first and widest to the last and deepest; 58 of 78 engines.
  CHECK(results_with(workshop, image, "fidelity: {rtl: [_0_Conv, _18_Conv, _21_Conv, _26_Gemm]}") == plain);
}

TEST_CASE("LeNet-5 with converters that clamp: the same results at both fidelities, and no comparison") {
  check_fidelities({"--engine", "dense", "--encoding", "differential"}, "adc: {bits: 3}, ");
  check_fidelities({"--engine", "reprise"},
                   "adc: {kind: transfer, gain: 0.9, inl: [2], offsets: {sigma: 0.2}, noise: {sigma: 0.3}}, ");
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", {});
  const json exact = results_with(workshop, image, "adc: {bits: 4}");
  CHECK(exact["check"]["converters_lossless"] == true);
  CHECK(exact["check"]["images"] == 1);
  const json lossy = results_with(workshop, image, "adc: {bits: 3}");
  CHECK(lossy["check"]["converters_lossless"] == false);
  CHECK(lossy["check"]["images"] == 0);
  CHECK(lossy["check"]["equal_to_reference"] == false);
  CHECK(lossy["accuracy"]["simulated"].is_number());
}

}  // namespace
