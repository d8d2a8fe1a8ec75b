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

}  // namespace

TEST_CASE("Accuracy, also as the trained network expects it, by hand") {
  const float three = std::log(3.0F);
  // Probabilities of the two classes: 3/4 and 1/4 twice, then 1/2 each; class 0 is on top in all.
  const Dataset dataset({2, 1, 1}, std::vector<float>{three, 0, three, 0, 0, 0}, {0, 1, 0});
  const Validation all(identity(), dataset, {}, 3);
  CHECK(all.size() == 3);
  CHECK(all.before().accuracy == Approx(2.0 / 3.0));
  CHECK(all.before().expected == Approx((0.75 + 0.75 + 0.5) / 3.0));
  const Validation last(identity(), dataset, {}, 2);  // the last two
  CHECK(last.before().accuracy == Approx(0.5));
  CHECK(last.before().expected == Approx((0.75 + 0.5) / 2.0));
  // Of few images what is expected counts: a toss-up costs nothing, a sure image half of its share.
  CHECK(all.points_lost({1.0 / 3.0, (0.75 + 0.75 + 0.5) / 3.0}) == Approx(0.0).margin(1e-5));
  CHECK(all.points_lost({1.0, (0.25 + 0.75 + 0.5) / 3.0}) == Approx(50.0 / 3.0));
}

TEST_CASE("Of many images the accuracy alone counts") {
  const Dataset dataset({2, 1, 1}, std::vector<float>(1000, 0.0F), std::vector<int>(500, 0));
  const Validation validation(identity(), dataset, {}, 500);
  CHECK(validation.before().accuracy == 1.0);
  CHECK(validation.points_lost({0.99, 0.0}) == Approx(1.0));
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
