#include <catch2/catch.hpp>

#include <fstream>

#include "compression/image/image_file.h"
#include "tests/platform/equivalence_case.h"
#include "tests/scenarios/workshop.h"

// A whole trained network at pin level, and cases of the equivalence tests as files.

namespace {

using namespace reprise;
using namespace reprise::test;

/// The compressed network with one image, whose bytes are those of LeNet-5's stored input.
EquivalenceCase lenet5(const std::vector<std::string>& engine) {
  const Workshop workshop;
  EquivalenceCase sample;
  sample.image = read_image(workshop.compress(network_file("lenet5"), "image.h5", engine));
  sample.network = {sample.image.network, sample.image.reference_weights, {}};
  const std::string images = read_text(workshop.path("images.idx"));
  const std::size_t size = sample.image.network.input_shape.size();
  std::vector<std::uint8_t> input;
  // Three pixels of four are dark, as in real images.
  for (std::size_t i = 0; i < size; ++i) {
    input.push_back(i / 7 % 4 == 0 ? static_cast<std::uint8_t>(images[16 + i]) : std::uint8_t{0});
  }
  sample.inputs = {input};
  return sample;
}

TEST_CASE("LeNet-5 wholly at pin level: every number is that of the transaction level and of the reference") {
  for (const auto& engine : {std::vector<std::string>{"--engine", "dense"},
                             std::vector<std::string>{"--engine", "reprise", "--granularity", "bit_column"}}) {
    INFO(engine[1]);
    CHECK(difference(lenet5(engine)).empty());
  }
}

TEST_CASE("LeNet-5 wholly at pin level with converters that clamp: every number is that of the transaction level") {
  EquivalenceCase sample = lenet5({"--engine", "mixed_ou"});
  sample.machine.adc.bits = 3;
  CHECK(difference(sample).empty());
}

TEST_CASE(
    "LeNet-5 and its mesh wholly at pin level, packets contending for links: every number is that of transactions") {
  EquivalenceCase sample = lenet5({"--engine", "wpr"});
  sample.machine.links = Links::contended;
  sample.machine.link_bytes_per_cycle = 1;
  sample.machine.router_buffer_packets = 2;
  sample.machine.mesh = {2, 1};
  sample.machine.replication.kind = ReplicationKind::balanced;  // over both tiles
  CHECK(difference(sample).empty());
}

TEST_CASE("a saved case runs at both fidelities") {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    const Workshop workshop;
    CaseParameters parameters = random_parameters(seed);
    if (seed == 1) parameters.adc_bits = 1;
    save_case(*make_case(parameters), "a case", workshop.path("case"));
    nlohmann::json results[2];
    for (int i = 0; i < 2; ++i) {
      const std::string scenario = workshop.path(i == 0 ? "case/tlm.yaml" : "case/rtl.yaml");
      const Outcome outcome = run_program({"-q", "run", scenario, "-o", workshop.path("out")});
      INFO(outcome.err);
      REQUIRE(outcome.code == 0);
      results[i] = nlohmann::json::parse(read_text(workshop.path("out/results.json")));
      results[i].erase("configuration");
    }
    CHECK(results[0] == results[1]);
    CHECK(results[0]["images"] == parameters.images);
  }
}

}  // namespace
