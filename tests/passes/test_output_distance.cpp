#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "compression/network/float_executor.h"
#include "compression/passes/output_distance.h"
#include "tests/fine_tuning/tiny_networks.h"

namespace {

using namespace reprise;
using namespace reprise::tests;

/// Two inputs, which are the two outputs times `factor`.
Graph scaled(float factor) {
  Graph graph;
  graph.input_shape = {2, 1, 1};
  graph.nodes.push_back({"scale", FloatScale{{factor, factor}, {0.0F, 0.0F}}, {kNetworkInput}, {2, 1, 1}});
  return graph;
}

std::vector<double> softmax(const std::vector<float>& values) {
  std::vector<double> result;
  double sum = 0.0;
  for (const float value : values) result.push_back(std::exp(double{value}));
  for (const double value : result) sum += value;
  for (double& value : result) value /= sum;
  return result;
}

std::vector<std::vector<float>> draw_images(Random& random, std::size_t count) {
  std::vector<std::vector<float>> images;
  for (std::size_t i = 0; i < count; ++i) images.push_back(draw_numbers(random, 72));
  return images;
}

}  // namespace

TEST_CASE("Divergence and agreement, by hand") {
  // Logarithms of 1 to 1 and of 3 to 1; doubled, of 1 to 1 and of 9 to 1; with the sign changed, 1 to 3.
  const float three = std::log(3.0F);
  const OutputDistance distance(scaled(1.0F), {{0.0F, 0.0F}, {three, 0.0F}});
  const Distance twice = distance.measure(scaled(2.0F));
  CHECK(twice.divergence == Approx((0.75 * std::log(0.75 / 0.9) + 0.25 * std::log(0.25 / 0.1)) / 2).epsilon(1e-5));
  CHECK(twice.agreement == 1.0);
  const Distance turned = distance.measure(scaled(-1.0F));
  CHECK(turned.divergence == Approx((0.75 * std::log(3.0) - 0.25 * std::log(3.0)) / 2).epsilon(1e-5));
  CHECK(turned.agreement == 0.5);
}

TEST_CASE("A network has no distance from itself, and some from any other") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Graph graph = tiny_network(random);
    OutputDistance distance(graph, draw_images(random, 5));
    CHECK(distance.measure(graph).divergence == 0.0);
    CHECK(distance.measure(graph).agreement == 1.0);
    Graph changed = graph;
    for (float& weight : std::get<FloatConvolution>(changed.nodes[2].operation).weights) weight *= 0.5F;
    const double whole = distance.measure(changed).divergence;
    CHECK(whole > 0.0);
    // From a later start the same.
    distance.advance_to(draw(random, 0, 2));
    CHECK(distance.measure(changed).divergence == whole);
    CHECK(distance.measure(graph).divergence == 0.0);
  }
}

TEST_CASE("The divergence is that of the class probabilities") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Graph graph = tiny_network(random);
    const Graph other = tiny_network(random);
    const auto images = draw_images(random, 4);
    const FloatExecutor original(graph);
    const FloatExecutor changed(other);
    double expected = 0.0;
    for (const auto& image : images) {
      const std::vector<double> p = softmax(original.output(image));
      const std::vector<double> q = softmax(changed.output(image));
      for (std::size_t i = 0; i < p.size(); ++i) expected += p[i] * std::log(p[i] / q[i]) / 4.0;
    }
    CHECK(OutputDistance(graph, images).measure(other).divergence == Approx(expected).epsilon(1e-5).margin(1e-9));
  }
}

TEST_CASE("Outputs so large that their exponentials overflow") {
  const OutputDistance distance(scaled(1.0F), {{1000.0F, -1000.0F}});
  CHECK(distance.measure(scaled(2.0F)).divergence == 0.0);
  CHECK(distance.measure(scaled(-1.0F)).divergence == Approx(2000.0));
}
