#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "compression/network/float_executor.h"
#include "compression/network/row_groups.h"
#include "compression/passes/fine_tune.h"
#include "support/error.h"
#include "support/log.h"
#include "tests/fine_tuning/tiny_networks.h"

namespace {

using namespace reprise;
using namespace reprise::tests;

/// Says so and is false in a build without libtorch.
bool available() {
  init_logging(LogLevel::quiet);
  if (can_fine_tune()) return true;
  WARN("SKIPPED: this build has no fine-tuning");
  return false;
}

Dataset random_images(Random& random, std::size_t count, bool labelled = true) {
  std::vector<int> labels;
  for (std::size_t i = 0; labelled && i < count; ++i) labels.push_back(draw(random, 0, 2));
  return Dataset({2, 6, 6}, draw_numbers(random, count * 72), labels);
}

FloatConvolution& convolution_of(Graph& graph, const CompressedLayer& layer) {
  return std::get<FloatConvolution>(graph.nodes[static_cast<std::size_t>(layer.node)].operation);
}

MatrixShape matrix_of(const FloatConvolution& convolution) {
  const std::size_t outputs = convolution.bias.size();
  return {static_cast<std::uint32_t>(outputs), static_cast<std::uint32_t>(convolution.groups),
          static_cast<std::uint32_t>(convolution.weights.size() / outputs)};
}

RowShapes random_shapes(Random& random, const MatrixShape& matrix) {
  RowShapes shapes;
  shapes.block_rows = draw(random, 2, 9);
  const auto height = static_cast<std::uint32_t>(shapes.block_rows);
  for (int count = draw(random, 1, 4); count > 0; --count) {
    std::set<std::uint32_t> rows{0};
    for (std::uint32_t row = 1; row < height; ++row) {
      if (draw(random, 0, 1) == 1) rows.insert(row);
    }
    shapes.shapes.emplace_back(rows.begin(), rows.end());
  }
  const std::uint32_t blocks = (matrix.rows_per_group + height - 1) / height;
  for (std::uint32_t i = 0; i < matrix.outputs * blocks; ++i) {
    shapes.shape_of.push_back(static_cast<std::int16_t>(draw(random, -1, static_cast<int>(shapes.shapes.size()) - 1)));
  }
  return shapes;
}

GroupCode random_code(Random& random, const RowGroup& group) {
  GroupCode code;
  const int kind = draw(random, 0, 2);
  for (std::size_t o = 0; kind == 1 && o < group.outputs.size(); ++o) {
    const int bits = draw(random, 0, 8);
    code.precision.push_back(
        {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(draw(random, 0, 8 - std::max(bits, 1)))});
  }
  if (kind != 2) return code;
  const int codewords = draw(random, 1, 3);
  const int shifts = draw(random, 0, 3);
  for (int c = 0; c < codewords; ++c) {
    auto& codeword = code.codebook.emplace_back();
    const int bound = 127 >> shifts;
    for (std::size_t r = 0; r < group.rows.size(); ++r) {
      codeword.push_back(static_cast<std::int8_t>(draw(random, -bound, bound)));
    }
  }
  for (std::size_t o = 0; o < group.outputs.size(); ++o) {
    code.uses.push_back({static_cast<std::int16_t>(draw(random, -1, codewords - 1)),
                         static_cast<std::uint8_t>(draw(random, 0, shifts)), draw(random, 0, 1) == 1});
  }
  return code;
}

/// The integer that a code allows for row r of output o and that is nearest to `wanted`.
int nearest(const GroupCode& code, std::size_t o, std::size_t r, double wanted) {
  if (!code.uses.empty()) {
    const PatternUse& use = code.uses[o];
    if (use.codeword < 0) return 0;
    const int magnitude = code.codebook[static_cast<std::size_t>(use.codeword)][r] * (1 << use.shift);
    return use.negative ? -magnitude : magnitude;
  }
  const PatchPrecision precision = code.precision.empty() ? PatchPrecision{} : code.precision[o];
  if (precision.bits == 0) return 0;
  const int unit = 1 << precision.shift;
  const int half = 1 << (precision.bits - 1);
  return std::clamp(static_cast<int>(std::lround(wanted / unit)), std::max(-half, -127 / unit), half - 1) * unit;
}

/// Calls visit(weight, step, allowed integer) for every weight that lies in a row group; returns these weights.
template <class Visit>
std::set<std::size_t> each_weight(const CompressedLayer& layer, const MatrixShape& matrix, std::vector<float>& weights,
                                  Visit visit) {
  std::set<std::size_t> visited;
  for (std::size_t g = 0; g < layer.groups.size(); ++g) {
    const RowGroup& group = layer.groups[g];
    const GroupCode code = layer.codes.empty() ? GroupCode{} : layer.codes[g];
    for (std::size_t o = 0; o < group.outputs.size(); ++o) {
      for (std::size_t r = 0; r < group.rows.size(); ++r) {
        const std::size_t at = group.outputs[o] * matrix.rows_per_group + group.rows[r] % matrix.rows_per_group;
        const double step = layer.steps[group.outputs[o]];
        visit(weights[at], step, nearest(code, o, r, weights[at] / step));
        visited.insert(at);
      }
    }
  }
  return visited;
}

CompressedLayer random_layer(Random& random, Graph& graph, int node) {
  CompressedLayer layer;
  layer.node = node;
  FloatConvolution& convolution = convolution_of(graph, layer);
  const MatrixShape matrix = matrix_of(convolution);
  for (std::uint32_t o = 0; o < matrix.outputs; ++o) layer.steps.push_back(0.002 + 0.0001 * draw(random, 0, 20));
  if (draw(random, 0, 1) == 1) layer.shapes = random_shapes(random, matrix);
  layer.groups = row_groups(matrix, layer.shapes ? &*layer.shapes : nullptr, draw(random, 2, 9));
  if (draw(random, 0, 5) > 0) {
    for (const RowGroup& group : layer.groups) layer.codes.push_back(random_code(random, group));
  }
  const auto kept = each_weight(layer, matrix, convolution.weights, [](float& weight, double step, int integer) {
    weight = static_cast<float>(step * integer);
  });
  for (std::size_t i = 0; i < convolution.weights.size(); ++i) {
    if (kept.count(i) == 0) convolution.weights[i] = 0.0F;
  }
  return layer;
}

/// Every weight is what its group allows, times the step; but for the rounding of a float.
void check_structure(Graph& graph, const CompressedLayer& layer) {
  FloatConvolution& convolution = convolution_of(graph, layer);
  const MatrixShape matrix = matrix_of(convolution);
  bool exact = true;
  const auto kept = each_weight(layer, matrix, convolution.weights, [&](float& weight, double step, int integer) {
    exact = exact && std::abs(integer) <= 127 && std::abs(weight - step * integer) <= 1e-6 * std::abs(weight);
  });
  CHECK(exact);
  bool others_zero = true;
  for (std::size_t i = 0; i < convolution.weights.size(); ++i) {
    others_zero = others_zero && (kept.count(i) == 1 || convolution.weights[i] == 0.0F);
  }
  CHECK(others_zero);
  CHECK(std::all_of(layer.steps.begin(), layer.steps.end(), [](double step) { return step > 0.0; }));
}

void check_same_decisions(const CompressedLayer& a, const CompressedLayer& b) {
  REQUIRE(a.codes.size() == b.codes.size());
  CHECK(a.node == b.node);
  for (std::size_t g = 0; g < a.codes.size(); ++g) {
    REQUIRE(a.codes[g].precision.size() == b.codes[g].precision.size());
    REQUIRE(a.codes[g].codebook.size() == b.codes[g].codebook.size());
    REQUIRE(a.codes[g].uses.size() == b.codes[g].uses.size());
    for (std::size_t o = 0; o < a.codes[g].uses.size(); ++o) {
      CHECK(a.codes[g].uses[o].codeword == b.codes[g].uses[o].codeword);
      CHECK(a.codes[g].uses[o].shift == b.codes[g].uses[o].shift);
      CHECK(a.codes[g].uses[o].negative == b.codes[g].uses[o].negative);
    }
  }
}

std::vector<float> all_weights(const Graph& graph) {
  std::vector<float> all;
  for (const Node& node : graph.nodes) {
    const auto* convolution = std::get_if<FloatConvolution>(&node.operation);
    if (convolution == nullptr) continue;
    all.insert(all.end(), convolution->weights.begin(), convolution->weights.end());
    all.insert(all.end(), convolution->bias.begin(), convolution->bias.end());
  }
  return all;
}

/// The tiny network with two of its three convolutions in a random structure.
struct Compressed {
  Graph teacher;
  Graph graph;
  std::vector<CompressedLayer> layers;

  explicit Compressed(Random& random) : teacher(tiny_network(random)), graph(teacher) {
    for (const int node : {0, 2}) layers.push_back(random_layer(random, graph, node));
  }
};

FineTuneConfig quick() {
  FineTuneConfig config;
  config.epochs = 2;
  config.batch = 8;
  config.learning_rate = 0.05;
  return config;
}

TEST_CASE("A build without libtorch says what to install") {
  if (can_fine_tune()) return;
  Random random(1);
  Compressed network(random);
  CHECK_THROWS_WITH(fine_tune(network.graph, network.layers, network.teacher, random_images(random, 4), {}, quick()),
                    Catch::Contains("install libtorch-dev"));
}

TEST_CASE("Training holds every structure exactly") {
  if (!available()) return;
  for (unsigned seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Compressed network(random);
    if (seed % 5 == 0) {
      auto& first = std::get<FloatConvolution>(network.graph.nodes[2].operation);
      first.filter = FloatInputFilter{{draw(random, 1, 9), draw(random, 0, 30), draw(random, 1, 8)}, 0.01F};
    }
    for (const CompressedLayer& layer : network.layers) check_structure(network.graph, layer);
    const std::vector<float> before = all_weights(network.graph);
    const std::vector<CompressedLayer> layers = network.layers;
    const bool labelled = seed % 3 != 0;
    fine_tune(network.graph, network.layers, network.teacher, random_images(random, 20, labelled), {}, quick());
    CHECK(all_weights(network.graph) != before);
    REQUIRE(network.layers.size() == layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      check_structure(network.graph, network.layers[i]);
      check_same_decisions(network.layers[i], layers[i]);
    }
  }
}

TEST_CASE("The same seed gives the same network, another seed another") {
  if (!available()) return;
  const auto trained = [](std::uint64_t seed) {
    Random random(7);
    Compressed network(random);
    FineTuneConfig config = quick();
    config.seed = seed;
    config.flip = true;
    config.crop = 1;
    fine_tune(network.graph, network.layers, network.teacher, random_images(random, 30), {}, config);
    return all_weights(network.graph);
  };
  const std::vector<float> first = trained(1);
  CHECK(trained(1) == first);
  CHECK(trained(2) != first);
}

/// Mean squared difference of the outputs.
double distance(const Graph& a, const Graph& b, const Dataset& images) {
  double sum = 0.0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::vector<float> x = FloatExecutor(a).output(images.preprocessed(i, {}));
    const std::vector<float> y = FloatExecutor(b).output(images.preprocessed(i, {}));
    for (std::size_t k = 0; k < x.size(); ++k)
      sum += std::pow(double{x[k]} - y[k], 2) / static_cast<double>(images.size());
  }
  return sum;
}

TEST_CASE("The network comes back to its teacher") {
  if (!available()) return;
  Random random(11);
  Graph teacher = tiny_network(random);
  Graph graph = teacher;
  std::vector<CompressedLayer> layers(1);
  layers[0].node = 2;
  FloatConvolution& convolution = convolution_of(graph, layers[0]);
  const MatrixShape matrix = matrix_of(convolution);
  layers[0].steps.assign(matrix.outputs, 0.4 / 127);
  layers[0].groups = row_groups(matrix, nullptr, 9);
  for (const RowGroup& group : layers[0].groups) {
    layers[0].codes.emplace_back().precision.assign(group.outputs.size(), {2, 6});
  }
  each_weight(layers[0], matrix, convolution.weights,
              [](float& weight, double step, int integer) { weight = static_cast<float>(step * integer); });
  const Dataset images = random_images(random, 200, false);
  const double before = distance(graph, teacher, images);
  FineTuneConfig config;
  config.epochs = 40;
  config.learning_rate = 0.01;
  fine_tune(graph, layers, teacher, images, {}, config);
  const double after = distance(graph, teacher, images);
  INFO("mean squared distance before " << before << ", after " << after);
  CHECK(after < 0.7 * before);
  check_structure(graph, layers[0]);
}

TEST_CASE("Images that do not fit are refused, and divergence, the network stays as it was") {
  if (!available()) return;
  Random random(3);
  Compressed network(random);
  const std::vector<float> before = all_weights(network.graph);
  const auto tuned_with = [&](const Dataset& images, const FineTuneConfig& config) {
    fine_tune(network.graph, network.layers, network.teacher, images, {}, config);
  };
  CHECK_THROWS_WITH(tuned_with(Dataset({1, 6, 6}, draw_numbers(random, 36), {0}), quick()),
                    Catch::Contains("1 x 6 x 6") && Catch::Contains("2 x 6 x 6"));
  CHECK_THROWS_WITH(tuned_with(Dataset({2, 6, 6}, draw_numbers(random, 72), {3}), quick()),
                    Catch::Contains("label 3") && Catch::Contains("3 classes"));
  std::vector<float> infinite(72, std::numeric_limits<float>::infinity());
  CHECK_THROWS_WITH(tuned_with(Dataset({2, 6, 6}, infinite, {1}), quick()), Catch::Contains("diverged"));
  CHECK(all_weights(network.graph) == before);
}

}  // namespace
