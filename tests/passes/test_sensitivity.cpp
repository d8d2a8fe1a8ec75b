#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compression/passes/quantise.h"
#include "compression/passes/sensitivity.h"
#include "support/log.h"
#include "tests/fine_tuning/tiny_networks.h"

namespace {

using namespace reprise;
using namespace reprise::tests;

using Images = std::vector<std::vector<float>>;

Images draw_images(Random& random, std::size_t count) {
  Images images;
  for (std::size_t i = 0; i < count; ++i) images.push_back(draw_numbers(random, 72));
  return images;
}

LayerOption option(double cells, double activations, double forecast) {
  LayerOption result{"", {}, {}, {}, {}, 0.0, forecast};
  result.cost.cells = cells;
  result.cost.activations = activations;
  return result;
}

/// Layers whose stronger options cost less and do more.
std::vector<LayerSensitivity> draw_layers(Random& random) {
  std::vector<LayerSensitivity> layers(static_cast<std::size_t>(draw(random, 1, 8)));
  for (LayerSensitivity& layer : layers) {
    const double size = draw(random, 1, 1000);
    const auto number = [&] { return draw(random, 1, 1000) / 1000.0; };
    for (auto* options : {&layer.weights, &layer.activations}) {
      options->push_back(option(size, size, 0.0));
      for (int count = draw(random, 0, 6); count > 0; --count) {
        options->push_back(option(size * number(), size * number(), 0.1 * number()));
      }
    }
  }
  return layers;
}

double forecast(const std::vector<LayerSensitivity>& layers, const std::vector<LayerChoice>& choices) {
  double sum = 0.0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    sum +=
        layers[i].weights.at(choices[i].weights).forecast + layers[i].activations.at(choices[i].activations).forecast;
  }
  return sum;
}

/// Storage and activations, each as a share of the untouched network.
double cost(const std::vector<LayerSensitivity>& layers, const std::vector<LayerChoice>& choices) {
  double cells = 0.0;
  double activations = 0.0;
  double all_cells = 0.0;
  double all_activations = 0.0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const LayerSensitivity& layer = layers[i];
    all_cells += layer.weights[0].cost.cells;
    all_activations += layer.weights[0].cost.activations;
    cells += layer.weights[choices[i].weights].cost.cells;
    activations += layer.weights[choices[i].weights].cost.activations *
                   layer.activations[choices[i].activations].cost.activations / layer.activations[0].cost.activations;
  }
  return cells / all_cells + activations / all_activations;
}

CompressionConfig all_passes() {
  CompressionConfig config;
  config.preset = CompressionPreset::all;
  apply_preset(config);
  return config;
}

/// A tiny network, its images, and the quantisation that all tensors share.
struct Trial {
  Graph graph;
  Images images;
  std::vector<Quantisation> quantisation;

  CompressionTask task() const { return {graph, images, images, quantisation, {}, {}}; }
};

Trial draw_trial(Random& random, int zero_point) {
  Trial trial{tiny_network(random), draw_images(random, 6), {}};
  trial.quantisation.assign(trial.graph.nodes.size(), {0.02, zero_point});
  return trial;
}

}  // namespace

TEST_CASE("Choices stay within the budget, and a larger one buys at least as much") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const std::vector<LayerSensitivity> layers = draw_layers(random);
    double last_cost = std::numeric_limits<double>::max();
    double last_forecast = 0.0;
    for (const double budget : {0.0, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0}) {
      const std::vector<LayerChoice> choices = choose_options(layers, budget);
      REQUIRE(choices.size() == layers.size());
      CHECK(forecast(layers, choices) <= budget + 1e-12);
      CHECK(forecast(layers, choices) >= last_forecast - 1e-12);
      CHECK(cost(layers, choices) <= last_cost + 1e-9);
      last_cost = cost(layers, choices);
      last_forecast = forecast(layers, choices);
    }
  }
}

TEST_CASE("With everything allowed each layer takes what is cheapest") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const std::vector<LayerSensitivity> layers = draw_layers(random);
    const std::vector<LayerChoice> choices = choose_options(layers, 1e9);
    const double reached = cost(layers, choices);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      for (std::size_t w = 0; w < layers[i].weights.size(); ++w) {
        for (std::size_t a = 0; a < layers[i].activations.size(); ++a) {
          std::vector<LayerChoice> other = choices;
          other[i] = {w, a};
          CHECK(cost(layers, other) >= reached - 1e-6);
        }
      }
    }
  }
}

TEST_CASE("Layers that are never activated are chosen by their storage") {
  // As where all inputs are zero.
  LayerSensitivity layer;
  layer.weights = {option(100.0, 0.0, 0.0), option(50.0, 0.0, 0.1), option(90.0, 0.0, 0.2)};
  layer.activations = {option(100.0, 0.0, 0.0)};
  CHECK(choose_options({layer}, 1.0).at(0).weights == 1);
  CHECK(choose_options({layer}, 0.01).at(0).weights == 0);
  CHECK(choose_options({}, 1.0).empty());
}

TEST_CASE("Where filters count more than once they stay within that share of the budget") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const std::vector<LayerSensitivity> layers = draw_layers(random);
    for (const double weight : {1.0, 3.0, 20.0}) {
      for (const double budget : {0.01, 0.1, 1.0}) {
        double weights = 0.0;
        double filters = 0.0;
        const std::vector<LayerChoice> choices = choose_options(layers, budget, weight);
        for (std::size_t i = 0; i < layers.size(); ++i) {
          weights += layers[i].weights[choices[i].weights].forecast;
          filters += layers[i].activations[choices[i].activations].forecast;
        }
        CHECK(weights + weight * filters <= budget + 1e-12);
      }
    }
  }
  LayerSensitivity layer;
  layer.weights = {option(100.0, 100.0, 0.0), option(70.0, 70.0, 0.1)};
  layer.activations = {option(100.0, 100.0, 0.0), option(100.0, 10.0, 0.1)};
  CHECK(choose_options({layer}, 0.15).at(0).activations == 1);
  CHECK(choose_options({layer}, 0.15, 2.0).at(0).activations == 0);
  CHECK(choose_options({layer}, 0.15, 2.0).at(0).weights == 1);
}

TEST_CASE("To do nothing changes next to nothing, to do more costs less and diverges") {
  init_logging(LogLevel::quiet);
  for (unsigned seed = 0; seed < 5; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Trial trial = draw_trial(random, 0);
    const std::vector<LayerSensitivity> layers = analyse_sensitivity(trial.task(), all_passes());
    REQUIRE(layers.size() == 3);
    for (const LayerSensitivity& layer : layers) {
      CHECK(layer.name == trial.graph.nodes[static_cast<std::size_t>(layer.node)].name);
      const LayerOption& nothing = layer.weights.front();
      CHECK(nothing.distance.divergence < 1e-4);  // the rounding to 8 bits
      CHECK(nothing.forecast < 1e-4);
      CHECK(nothing.relative_error < 1e-3);
      CHECK(!layer.activations.front().filter);
      CHECK(layer.activations.size() == 6);
      double most = 0.0;
      for (std::size_t i = 1; i < layer.weights.size(); ++i) {
        const LayerOption& tried = layer.weights[i];
        INFO(tried.label);
        CHECK(tried.cost.cells <= nothing.cost.cells);
        CHECK(tried.cost.activations <= nothing.cost.activations);
        CHECK(std::isfinite(tried.forecast));
        CHECK(tried.distance.divergence > -1e-6);
        most = std::max(most, tried.distance.divergence);
      }
      CHECK(most > 100.0 * nothing.distance.divergence);
      for (std::size_t i = 1; i < layer.activations.size(); ++i) {
        REQUIRE(layer.activations[i].filter.has_value());
        CHECK(layer.activations[i].cost.activations <= layer.activations.front().cost.activations);
      }
    }
  }
}

TEST_CASE("A network of integers does not diverge where nothing is done") {
  init_logging(LogLevel::quiet);
  Random random(3);
  Trial trial = draw_trial(random, 0);
  for (Node& node : trial.graph.nodes) {
    auto* convolution = std::get_if<FloatConvolution>(&node.operation);
    if (convolution == nullptr) continue;
    const std::size_t rows = convolution->weights.size() / convolution->bias.size();
    for (std::size_t i = 0; i < convolution->weights.size(); ++i) {
      convolution->weights[i] = (i % rows == 0 ? 127.0F : static_cast<float>(draw(random, -127, 127))) / 512.0F;
    }
  }
  CompressionConfig config = all_passes();
  for (const LayerSensitivity& layer : analyse_sensitivity(trial.task(), config)) {
    CHECK(layer.weights.front().distance.divergence < 1e-8);
    CHECK(layer.weights.front().distance.agreement == 1.0);
  }
}

TEST_CASE("Only inputs with zero point 0 are filtered") {
  init_logging(LogLevel::quiet);
  Random random(4);
  const Trial trial = draw_trial(random, 7);
  for (const LayerSensitivity& layer : analyse_sensitivity(trial.task(), all_passes())) {
    CHECK(layer.activations.size() == 1);
  }
}

TEST_CASE("Inputs that are all zero, and layers of zeros") {
  init_logging(LogLevel::quiet);
  Random random(5);
  Trial trial = draw_trial(random, 0);
  for (auto& image : trial.images) std::fill(image.begin(), image.end(), 0.0F);
  auto& second = std::get<FloatConvolution>(trial.graph.nodes[2].operation);
  std::fill(second.weights.begin(), second.weights.end(), 0.0F);
  const std::vector<LayerSensitivity> layers = analyse_sensitivity(trial.task(), all_passes());
  CHECK(layers.front().weights.front().cost.activations == 0.0);
  for (const LayerSensitivity& layer : layers) {
    for (const LayerOption& tried : layer.weights) {
      CHECK(std::isfinite(tried.forecast));
      CHECK(std::isfinite(tried.relative_error));
    }
  }
  const std::vector<LayerChoice> choices = choose_options(layers, 0.1);
  CHECK(forecast(layers, choices) <= 0.1);
  // What is zero may go for nothing.
  CHECK(layers[1].weights[choices[1].weights].cost.cells < layers[1].weights.front().cost.cells);
}

TEST_CASE("The table has a line for each option") {
  LayerSensitivity layer;
  layer.name = "/0/Conv";
  layer.weights = {option(100.0, 10.0, 0.0), option(50.0, 5.0, 0.25)};
  layer.weights[1].label = "kept 0.5";
  layer.activations = {option(100.0, 10.0, 0.0)};
  CHECK(sensitivity_csv({layer}) ==
        "layer,kind,option,cells,table_bits,activations,divergence,agreement,relative_error,forecast\n"
        "\"/0/Conv\",weights,\"\",100,0,10.0,0,1.0000,0,0\n"
        "\"/0/Conv\",weights,\"kept 0.5\",50,0,5.0,0,1.0000,0,0.25\n"
        "\"/0/Conv\",activations,\"\",100,0,10.0,0,1.0000,0,0\n");
}
