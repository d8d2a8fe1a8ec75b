#include <catch2/catch.hpp>

#include "scenarios/claims.h"
#include "tests/scenarios/workshop.h"

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;

namespace {

Measurement of(double cycles, double energy, double cells) {
  Measurement measured;
  measured.cycles = cycles;
  measured.energy_pj = energy;
  measured.energy_saberi_pj = 2.0 * energy;
  measured.activations = cycles;
  measured.conversions = 8.0 * cycles;
  measured.dense_bits = 1000.0;
  measured.cells = cells;
  measured.net_bits = cells + 100.0;
  measured.crossbars = cells / 10.0;
  measured.largest = "buffer.read";
  return measured;
}

/// Every run there is, all alike but for `engine`.
std::map<std::string, Measurement> runs_with(const std::string& engine, const Measurement& measured) {
  std::map<std::string, Measurement> runs;
  for (const Claim& claim : claims()) {
    runs[claim.engine] = of(100.0, 1000.0, 500.0);
    runs[claim.baseline] = of(100.0, 1000.0, 500.0);
  }
  runs[engine] = measured;
  return runs;
}

}  // namespace

TEST_CASE("Ratios are baseline over engine, savings shares of the baseline") {
  const auto runs = runs_with("wpr", of(50.0, 400.0, 200.0));
  CHECK(measured({"", "wpr", "sre", Metric::performance, 0.0}, runs) == Approx(2.0));
  CHECK(measured({"", "wpr", "sre", Metric::energy, 0.0}, runs) == Approx(0.6));
  CHECK(measured({"", "wpr", "sre", Metric::energy_saberi, 0.0}, runs) == Approx(0.6));
  CHECK(measured({"", "wpr", "sre", Metric::cells, 0.0}, runs) == Approx(0.6));
  CHECK(measured({"", "wpr", "sre", Metric::net_storage, 0.0}, runs) == Approx(0.5));
  CHECK(measured({"", "wpr", "sre", Metric::crossbars, 0.0}, runs) == Approx(2.5));
  CHECK(measured({"", "wpr", "sre", Metric::activations, 0.0}, runs) == Approx(0.5));
}

TEST_CASE("Means are geometric of ratios and arithmetic of savings") {
  const Measurements measurements{{"a", runs_with("wpr", of(50.0, 400.0, 200.0))},
                                  {"b", runs_with("wpr", of(12.5, 800.0, 400.0))}};
  CHECK(mean({"", "wpr", "sre", Metric::performance, 0.0}, measurements) == Approx(4.0));  // of 2 and 8
  CHECK(mean({"", "wpr", "sre", Metric::energy, 0.0}, measurements) == Approx(0.4));       // of 0.6 and 0.2
}

TEST_CASE("Networks that were not trained are beside the mean, and have no accuracy") {
  auto synthetic = runs_with("wpr", of(12.5, 800.0, 400.0));
  for (auto& [name, run] : synthetic) run.synthetic = true;
  const Claim claim{"", "wpr", "sre", Metric::performance, 0.0};
  const Measurements both{{"a", runs_with("wpr", of(50.0, 400.0, 200.0))}, {"b (synthetic)", synthetic}};
  CHECK(mean(claim, both) == Approx(2.0));
  CHECK(mean(claim, {{"b (synthetic)", synthetic}}) == Approx(8.0));
  CHECK_THAT(reproduction_page(both),
             Contains("| S4 | wpr | sre | performance | 1.73x | 2.00x | 8.00x | 2.00x | 2.00x | reached |"));
  CHECK_THAT(reproduction_page({{"b (synthetic)", synthetic}}),
             Contains("| S4 | wpr | sre | performance | 1.73x | 8.00x | 8.00x | - |  |"));
  CHECK_THAT(reproduction_page(both), Contains("## b (synthetic)") && Contains("| wpr | - | - | 13 |"));
}

TEST_CASE("The page says where cycles go, with layers at once and one after another") {
  auto runs = runs_with("sre", of(50.0, 400.0, 200.0));
  for (auto& [name, run] : runs) run.causes = {{"busy", 0.75}, {"turn", 0.0}, {"reload", 0.0}};
  runs["sre"].causes = {{"busy", 0.5}, {"turn", 0.125}, {"reload", 0.0}};
  const std::string page = reproduction_page({{"a", runs}});
  CHECK_THAT(page, Contains("| share of cycles, % | reprise | reprise-sequential | reprise_formed | "
                            "reprise_formed-sequential | sre | sre-sequential |"));
  CHECK_THAT(page, Contains("| busy | 75.0 | 75.0 | 75.0 | 75.0 | 50.0 | 75.0 |"));
  CHECK_THAT(page, Contains("| turn | 0.0 | 0.0 | 0.0 | 0.0 | 12.5 | 0.0 |"));
  CHECK_THAT(page, !Contains("| reload |"));
}

TEST_CASE("What reaches a reported figure and what misses it is said so") {
  const Measurements measurements{{"a", runs_with("wpr", of(50.0, 400.0, 200.0))}};
  const std::string page = reproduction_page(measurements);
  CHECK_THAT(page, Contains("| S4 | wpr | sre | performance | 1.73x | 2.00x | 2.00x | 2.00x | reached |"));
  CHECK_THAT(page, Contains("| S4 | wpr | sre | cells and tables | -53.0% | -50.0% | -50.0% | -50.0% | missed |") ||
                       Contains("| S4 | wpr | sre | cells and tables | -52.9% | -50.0% | -50.0% | -50.0% | missed |"));
  CHECK_THAT(page,
             Contains("S4 wpr against sre: cells and tables\n  * a: activations 0.50, conversions 0.50, cells 0.40"));
  CHECK_THAT(claims_csv(measurements), Contains("\"S4\",wpr,sre,\"performance\",1.7300,a,2.0000"));
}

TEST_CASE("A figure is not reached where a network loses more than a point, and the mean without it stands beside") {
  Measurement good = of(50.0, 400.0, 200.0);
  good.trained_accuracy = 0.9;
  good.accuracy = 0.89;
  Measurement better = of(20.0, 400.0, 200.0);
  better.trained_accuracy = 0.9;
  better.accuracy = 0.8899;
  const auto page = [](const Measurement& a, const Measurement& b) {
    return reproduction_page({{"a", runs_with("wpr", a)}, {"b", runs_with("wpr", b)}});
  };
  CHECK_THAT(page(good, good), Contains("| 1.73x | 2.00x | 2.00x | 2.00x | 2.00x | reached |"));
  CHECK_THAT(page(good, better), Contains("| 1.73x | 2.00x | 5.00x | 3.16x | 2.00x | over 1 point lost |"));
  CHECK_THAT(page(better, better), Contains("| 1.73x | 5.00x | 5.00x | 5.00x | - | over 1 point lost |"));
  better.cycles = 90.0;
  CHECK_THAT(page(good, better), Contains("| 1.73x | 2.00x | 1.11x | 1.49x | 2.00x | missed |"));
}

TEST_CASE("LeNet-5 is compared on all engines, and what is there is not made again") {
  const Workshop workshop;
  workshop.file("quick.yaml", read_text(workshop.path("compress.yaml")) +
                                  "compression: {calibration_images: 4, sensitivity_images: 4, validation_images: 4}\n"
                                  "evaluation: {format: idx, images: images.idx, labels: labels.idx}\n");
  workshop.file("networks.yaml", "networks:\n  lenet5: {model: " + network_file("lenet5") +
                                     ", compression: quick.yaml, images: 1, synthetic: true}\n");
  const std::vector<std::string> command{
      "reproduce", "--networks", workshop.path("networks.yaml"), "-o", workshop.path("comparison"), "--no-fine-tuning"};
  const Outcome outcome = run_program(command);
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK_THAT(outcome.out, Contains("lenet5 (synthetic)") && Contains("S5") && Contains("points of top-1 lost"));
  const auto results = nlohmann::json::parse(read_text(workshop.path("comparison/lenet5/sre/results.json")));
  CHECK(results["check"]["equal_to_reference"] == true);
  const auto dense = nlohmann::json::parse(read_text(workshop.path("comparison/lenet5/sre_static/results.json")));
  const double ratio =
      dense["cycles_per_image"]["mean"].get<double>() / results["cycles_per_image"]["mean"].get<double>();
  CHECK(ratio > 1.0);  // formed units are fewer
  const std::vector<std::string> listing = workshop.listing();
  const Outcome again = run_program(command);
  CHECK(again.out == outcome.out);
  CHECK_THAT(again.err, !Contains("compressing") && !Contains("simulating"));
  CHECK(workshop.listing() == listing);
  workshop.file("networks.yaml", "networks:\n  lenet5: {model: " + network_file("lenet5") +
                                     ", compression: quick.yaml, images: 2, synthetic: true}\n");
  CHECK_THAT(run_program(command).err, !Contains("compressing") && Contains("lenet5: simulating sre"));
}

TEST_CASE("Networks that cannot be compared are refused") {
  const Workshop workshop;
  const auto refused = [&](const std::string& networks, const std::vector<std::string>& options,
                           const std::string& message) {
    workshop.file("networks.yaml", networks);
    std::vector<std::string> command{"reproduce", "--networks", workshop.path("networks.yaml"), "-o",
                                     workshop.path("comparison")};
    command.insert(command.end(), options.begin(), options.end());
    const Outcome outcome = run_program(command);
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Contains(message));
  };
  const std::string lenet5 =
      "networks:\n  lenet5: {model: " + network_file("lenet5") + ", compression: compress.yaml}\n";
  refused(lenet5, {"--only", "lenet6"}, "--only: no network is named 'lenet6'");
  refused("networks:\n  a: {compression: compress.yaml}\n", {}, "networks.a: expected either model or from_data");
  refused("networks:\n  a: {from_data: a.onnx, compression: compress.yaml}\n", {}, "no network to compare on");
  refused("networks:\n  a: {model: absent.onnx, compression: compress.yaml}\n", {}, "absent.onnx");
}
