#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "compression/network/float_executor.h"
#include "compression/passes/quantise.h"
#include "compression/passes/validation.h"
#include "support/error.h"
#include "support/log.h"
#include "tests/fine_tuning/tiny_networks.h"

namespace {

using namespace reprise;
using namespace reprise::tests;

/// A network whose outputs are its two inputs.
Graph identity() {
  Graph graph;
  graph.input_shape = {2, 1, 1};
  graph.nodes.push_back({"scale", FloatScale{{1.0F, 1.0F}, {0.0F, 0.0F}}, {kNetworkInput}, {2, 1, 1}});
  return graph;
}

Dataset draw_dataset(Random& random, std::size_t images, bool labelled) {
  std::vector<int> labels;
  for (std::size_t i = 0; labelled && i < images; ++i) labels.push_back(draw(random, 0, 2));
  return Dataset({2, 6, 6}, draw_numbers(random, images * 72), labels);
}

/// Of probabilities 3/4 and 1/4 `sure` times, three of four right, then of 1/2 and 1/2 `unsure` times; class 0 on top.
/// So the labels are likeliest at a temperature of 1.
Dataset calibrated_dataset(std::size_t sure, std::size_t unsure) {
  std::vector<float> outputs;
  std::vector<int> labels;
  for (std::size_t i = 0; i < sure + unsure; ++i) {
    outputs.push_back(i < sure ? std::log(3.0F) : 0.0F);
    outputs.push_back(0.0F);
    labels.push_back(i < sure && i % 4 == 1 ? 1 : 0);
  }
  return {{2, 1, 1}, outputs, labels};
}

}  // namespace

TEST_CASE("Accuracy, also as the trained network expects it, by hand") {
  const Dataset dataset = calibrated_dataset(4, 2);
  const Validation all(identity(), dataset, {}, 6);
  CHECK(all.size() == 6);
  CHECK(all.temperature() == Approx(1.0).epsilon(1e-4));
  CHECK(all.before().accuracy == Approx(5.0 / 6.0));
  CHECK(all.before().expected == Approx((4 * 0.75 + 2 * 0.5) / 6.0).epsilon(1e-4));
  const Validation last(identity(), dataset, {}, 2);
  CHECK(last.before().expected == Approx(0.5));
  // A toss-up costs nothing, an image that was surer half a point of its hundred.
  CHECK(all.points_lost({4.0 / 6.0, (4 * 0.75 + 2 * 0.5) / 6.0}) == Approx(0.0).margin(1e-2));
  CHECK(all.points_lost({1.0, (3 * 0.75 + 0.25 + 2 * 0.5) / 6.0}) == Approx(50.0 / 6.0).epsilon(1e-2));
}

TEST_CASE("The temperature is that of the labels: outputs that are too sure are not believed") {
  for (const float factor : {0.25F, 0.5F, 2.0F, 5.0F}) {
    const Dataset calibrated = calibrated_dataset(40, 0);
    std::vector<float> outputs;
    std::vector<int> labels;
    for (std::size_t i = 0; i < calibrated.size(); ++i) {
      for (const float value : calibrated.preprocessed(i, {})) outputs.push_back(factor * value);
      labels.push_back(calibrated.label(i));
    }
    const Dataset dataset({2, 1, 1}, outputs, labels);
    const Validation validation(identity(), dataset, {}, dataset.size());
    CHECK(validation.temperature() == Approx(factor).epsilon(1e-4));
    CHECK(validation.before().expected == Approx(0.75).epsilon(1e-4));
  }
}

TEST_CASE("Of many images what is counted says how a network does that was trained further, or that has no labels") {
  const Dataset labelled = calibrated_dataset(500, 0);
  const Validation validation(identity(), labelled, {}, 500);
  CHECK(validation.before().accuracy == Approx(0.75));
  CHECK(validation.points_lost({0.73, 0.745}) == Approx(0.5).epsilon(1e-2));
  CHECK(validation.points_lost_trained({0.73, 0.745}) == Approx(2.0));
  const Dataset unlabelled({2, 1, 1}, std::vector<float>(1000, 0.0F), {});
  const Validation agreement(identity(), unlabelled, {}, 500);
  CHECK(agreement.points_lost({0.98, 0.5}) == Approx(2.0));
  CHECK(agreement.points_lost_trained({0.98, 0.5}) == Approx(2.0));
}

TEST_CASE("Without labels what the trained network says is right") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Graph graph = tiny_network(random);
    const Dataset dataset = draw_dataset(random, 20, false);
    const Validation validation(graph, dataset, {}, 10);
    CHECK(validation.before().accuracy == 1.0);
    CHECK(validation.before().expected > 1.0 / 3.0);
    CHECK(validation.before().expected < 1.0);
  }
}

TEST_CASE("A network in integers scores nearly what it scores in float") {
  init_logging(LogLevel::quiet);
  for (unsigned seed = 0; seed < 50; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Graph graph = tiny_network(random);
    const Dataset dataset = draw_dataset(random, 40, true);
    std::vector<std::vector<float>> images;
    for (std::size_t i = 0; i < dataset.size(); ++i) images.push_back(dataset.preprocessed(i, {}));
    const Validation validation(graph, dataset, {}, 20);
    const Score score = validation.score(quantise(graph, {}, images, {}));
    CHECK(score.expected == Approx(validation.before().expected).margin(0.01));
    CHECK(score.accuracy == Approx(validation.before().accuracy).margin(0.11));
  }
}

TEST_CASE("A label that the network has no class for is refused") {
  const Dataset dataset({2, 1, 1}, std::vector<float>(6, 0.0F), {0, 1, 2});
  CHECK_THROWS_AS(Validation(identity(), dataset, {}, 3), InputError);
  CHECK_THROWS_WITH(Validation(identity(), dataset, {}, 3),
                    Catch::Contains("image 2 has label 2") && Catch::Contains("2 classes"));
}
