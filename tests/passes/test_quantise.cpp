#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compression/image/network_check.h"
#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/quantise.h"
#include "support/error.h"

namespace {

using namespace reprise;
using Values = std::vector<float>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const FloatClamp kRelu{0.0F, kInfinity};

Values normal_values(std::mt19937& random, std::size_t count, float spread) {
  std::normal_distribution<float> normal(0.0F, spread);
  Values values(count);
  for (float& value : values) value = normal(random);
  return values;
}

FloatConvolution convolution(std::mt19937& random, int in, int out, int kernel, int groups) {
  FloatConvolution result;
  result.window.kernel_height = result.window.kernel_width = kernel;
  result.window.pad_top = result.window.pad_left = result.window.pad_bottom = result.window.pad_right = kernel / 2;
  result.groups = groups;
  result.weights = normal_values(random, static_cast<std::size_t>(out * in / groups * kernel * kernel), 0.3F);
  result.bias = normal_values(random, static_cast<std::size_t>(out), 0.5F);
  return result;
}

/// Adds nodes one after another; names are the operations' positions.
class GraphMaker {
 public:
  explicit GraphMaker(const Shape& input) { graph.input_shape = input; }

  int add(FloatOperation operation, std::vector<int> inputs, const Shape& shape) {
    const int number = static_cast<int>(graph.nodes.size());
    graph.nodes.push_back({"n" + std::to_string(number), std::move(operation), std::move(inputs), shape});
    return number;
  }
  int add(FloatOperation operation, int input) { return add(std::move(operation), {input}, graph.shape_of(input)); }

  Graph graph;
};

QuantisedNetwork quantise_min_max(const Graph& graph, const std::vector<Values>& images) {
  QuantiseConfig config;
  config.activation_range = RangeMethod::min_max;
  return quantise(graph, {}, images, config);
}

const Layer& layer_named(const QuantisedNetwork& network, const std::string& name) {
  for (const Layer& layer : network.description.layers) {
    if (layer.name == name) return layer;
  }
  FAIL("no layer " << name);
  return network.description.layers.front();
}

template <class Operation>
const Operation& operation_of(const QuantisedNetwork& network, const std::string& name) {
  return std::get<Operation>(layer_named(network, name).operation);
}

std::vector<std::uint8_t> stored(const Values& values, const Quantisation& quantisation) {
  std::vector<std::uint8_t> result;
  for (const float value : values) result.push_back(static_cast<std::uint8_t>(stored_value(value, quantisation)));
  return result;
}

Values real(const std::vector<std::uint8_t>& values, const Quantisation& quantisation) {
  Values result;
  for (const int value : values)
    result.push_back(static_cast<float>(quantisation.scale * (value - quantisation.zero_point)));
  return result;
}

/// A random chain with branches: every operation and fusion there is, all tensors of one height and width but the last.
Graph random_graph(std::mt19937& random) {
  const auto draw = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const int channels = 2 * draw(1, 3);
  GraphMaker maker({channels, draw(3, 6), draw(3, 6)});
  const Shape plane = maker.graph.input_shape;
  std::vector<int> tensors{kNetworkInput};  // all of shape `plane`
  const auto any = [&] { return tensors[static_cast<std::size_t>(draw(0, static_cast<int>(tensors.size()) - 1))]; };
  const auto activated = [&](int node, bool leaky) {
    switch (draw(0, leaky ? 3 : 2)) {
      case 0:
        return node;
      case 1:
        return maker.add(kRelu, node);
      case 2:
        return maker.add(FloatClamp{-0.5F, 1.0F}, node);
      default:
        return maker.add(FloatLeakyRelu{0.1F}, node);
    }
  };
  const auto count = static_cast<std::size_t>(channels);
  for (int step = draw(4, 10); step > 0; --step) {
    const int input = draw(0, 2) == 0 ? any() : tensors.back();
    SlidingWindow three;
    three.kernel_height = three.kernel_width = 3;
    three.pad_top = three.pad_left = three.pad_bottom = three.pad_right = 1;
    int node = input;
    switch (draw(0, 8)) {
      case 0:
        node = activated(maker.add(convolution(random, channels, channels, 3, draw(1, 2)), input), true);
        break;
      case 1:
        node = activated(maker.add(FloatAdd{}, {input, any(), any()}, plane), false);
        break;
      case 2:
        node = activated(
            maker.add(FloatScale{normal_values(random, count, 1.0F), normal_values(random, count, 1.0F)}, input),
            false);
        break;
      case 3:
        node = maker.add(FloatMaxPool{three}, input);
        break;
      case 4:
        node = maker.add(FloatAveragePool{three, draw(0, 1) == 1}, input);
        break;
      case 5:
        node = maker.add(draw(0, 1) == 1 ? FloatOperation{kRelu} : FloatOperation{FloatLeakyRelu{0.2F}}, input);
        break;
      case 6: {
        const int joined = maker.add(FloatConcat{}, {input, any()}, {2 * channels, plane.height, plane.width});
        node = activated(maker.add(convolution(random, 2 * channels, channels, 1, 1), {joined}, plane), true);
        break;
      }
      case 7: {
        const int slice =
            maker.add(FloatSlice{{0, 0, 1}, {1, 1, 1}}, {input}, {channels, plane.height, plane.width - 1});
        node = maker.add(FloatPad{{0, 0, 1}, 0.0F}, {slice}, plane);
        break;
      }
      default:
        node = activated(maker.add(convolution(random, channels, channels, 1, channels), input), true);
        break;
    }
    tensors.push_back(node);
  }
  const int output = maker.add(FloatReshape{}, {tensors.back()}, {static_cast<int>(plane.size()), 1, 1});
  keep_only_ancestors(maker.graph, output);
  return maker.graph;
}

/// What `first` and then `activation` make of real inputs, in float.
Values in_float(const Graph& graph, const Node& first, const Node* activation, const std::vector<Values>& inputs) {
  Values result;
  if (std::holds_alternative<FloatAdd>(first.operation)) {
    result.resize(inputs.front().size());
    for (const Values& input : inputs) {
      for (std::size_t i = 0; i < input.size(); ++i) result[i] += input[i];
    }
  } else if (std::holds_alternative<FloatConcat>(first.operation)) {
    for (const Values& input : inputs) result.insert(result.end(), input.begin(), input.end());
  } else {
    Graph alone{"alone", graph.shape_of(first.inputs.front()), {first}};
    alone.nodes[0].inputs = {kNetworkInput};
    result = FloatExecutor(alone).output(inputs.front());
  }
  if (activation == nullptr) return result;
  Graph alone{"activation", activation->shape, {*activation}};
  alone.nodes[0].inputs = {kNetworkInput};
  return FloatExecutor(alone).output(result);
}

/// The largest error that rounding a convolution's weights and bias can make, per output value.
Values weight_error(const Graph& graph, const Node& node, const Values& input, double input_scale) {
  Node bound = node;
  auto& conv = std::get<FloatConvolution>(bound.operation);
  const std::size_t rows = conv.weights.size() / conv.bias.size();
  for (std::size_t channel = 0; channel < conv.bias.size(); ++channel) {
    const auto begin = conv.weights.begin() + static_cast<std::ptrdiff_t>(channel * rows);
    float largest = 0.0F;
    for (std::size_t i = 0; i < rows; ++i) largest = std::max(largest, std::abs(begin[static_cast<std::ptrdiff_t>(i)]));
    std::fill(begin, begin + static_cast<std::ptrdiff_t>(rows), largest / 254.0F);
    conv.bias[channel] = largest / 254.0F * static_cast<float>(input_scale);
  }
  Values magnitudes = input;
  for (float& value : magnitudes) value = std::abs(value);
  return in_float(graph, bound, nullptr, {magnitudes});
}

}  // namespace

TEST_CASE("Every layer of a random network is within its rounding error of float") {
  for (unsigned seed = 0; seed < 600; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const Graph graph = random_graph(random);
    const std::vector<Values> images{normal_values(random, graph.input_shape.size(), 1.0F)};
    const QuantisedNetwork network = quantise_min_max(graph, images);
    const NetworkDescription& description = network.description;
    REQUIRE_NOTHROW(check_network(description));
    const auto image = stored(images[0], description.input_quantisation);
    const auto outputs = IntegerReference(network).run(image);
    const auto stored_output = [&](int layer) {
      return layer == kNetworkInput ? image : outputs[static_cast<std::size_t>(layer)];
    };
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Layer& layer = description.layers[i];
      INFO("layer " << layer.name);
      const auto first = std::find_if(graph.nodes.begin(), graph.nodes.end(),
                                      [&](const Node& node) { return node.name == layer.name; });
      REQUIRE(first != graph.nodes.end());
      std::vector<Values> inputs;
      for (const int input : layer.inputs)
        inputs.push_back(real(stored_output(input), description.quantisation_of(input)));
      // A layer with a fused activation ends in the node after it, unless that has a layer of its own.
      const Node* activation = nullptr;
      const int position = static_cast<int>(first - graph.nodes.begin());
      for (const Node& node : graph.nodes) {
        const bool follows = node.inputs.size() == 1 && node.inputs[0] == position;
        const bool own_layer = std::any_of(description.layers.begin(), description.layers.end(),
                                           [&](const Layer& other) { return other.name == node.name; });
        if (follows && !own_layer) activation = &node;
      }
      const Values expected = in_float(graph, *first, activation, inputs);
      const bool weighted = std::holds_alternative<FloatConvolution>(first->operation);
      const Quantisation& q = layer.quantisation;
      const Values weights =
          weighted ? weight_error(graph, *first, inputs[0], description.quantisation_of(layer.inputs[0]).scale)
                   : Values(expected.size());
      const Values actual = real(outputs[i], q);
      REQUIRE(actual.size() == expected.size());
      for (std::size_t k = 0; k < actual.size(); ++k) {
        const double low = q.scale * (0 - q.zero_point);
        const double high = q.scale * (255 - q.zero_point);
        const double error = std::abs(actual[k] - std::clamp<double>(expected[k], low, high));
        REQUIRE(error <= 0.501 * q.scale + 1.001 * weights[k] + 1e-5);
      }
    }
  }
}

TEST_CASE("Activations are computed by the layer before them") {
  std::mt19937 random(5);
  GraphMaker maker({2, 4, 4});
  const int conv = maker.add(convolution(random, 2, 2, 3, 1), kNetworkInput);  // n0
  const int relu6 = maker.add(FloatClamp{0.0F, 0.25F}, conv);                  // n1
  const int leaky_conv = maker.add(convolution(random, 2, 2, 3, 1), relu6);    // n2
  const int leaky = maker.add(FloatLeakyRelu{0.25F}, leaky_conv);              // n3
  const int add = maker.add(FloatAdd{}, {leaky, relu6}, {2, 4, 4});            // n4
  maker.add(kRelu, add);                                                       // n5
  const QuantisedNetwork network = quantise_min_max(maker.graph, {normal_values(random, 32, 1.0F)});
  REQUIRE(network.description.layers.size() == 3);
  CHECK(layer_named(network, "n0").clamp_low == 0);
  CHECK(layer_named(network, "n0").clamp_high == 255);
  CHECK(layer_named(network, "n0").quantisation.scale == Approx(0.25 / 255));
  const auto& negative = operation_of<ConvolutionLayer>(network, "n2");
  REQUIRE(negative.negative_requantisation.size() == 2);
  CHECK(negative.negative_requantisation[0].multiplier == negative.requantisation[0].multiplier);
  CHECK(negative.negative_requantisation[0].shift == negative.requantisation[0].shift + 2);
  CHECK(layer_named(network, "n4").clamp_low == layer_named(network, "n4").quantisation.zero_point);
  CHECK(layer_named(network, "n4").inputs == std::vector<int>{1, 0});
}

TEST_CASE("An activation has a layer of its own where the value before it is used elsewhere") {
  std::mt19937 random(5);
  GraphMaker maker({2, 4, 4});
  const int conv = maker.add(convolution(random, 2, 2, 3, 1), kNetworkInput);
  const int relu = maker.add(kRelu, conv);
  maker.add(FloatAdd{}, {conv, relu}, {2, 4, 4});
  const QuantisedNetwork network = quantise_min_max(maker.graph, {normal_values(random, 32, 1.0F)});
  CHECK(network.description.layers.size() == 3);
  CHECK(std::holds_alternative<LookupLayer>(layer_named(network, "n1").operation));
}

TEST_CASE("Inputs of a concatenation that nothing else reads take its quantisation") {
  std::mt19937 random(6);
  GraphMaker maker({2, 4, 4});
  const int shared = maker.add(convolution(random, 2, 2, 3, 1), kNetworkInput);      // n0
  const int own = maker.add(convolution(random, 2, 2, 3, 1), shared);                // n1
  const int pooled = maker.add(FloatMaxPool{}, own);                                 // n2
  const int joined = maker.add(FloatConcat{}, {shared, pooled}, {4, 4, 4});          // n3
  const int last = maker.add(convolution(random, 4, 2, 1, 1), {joined}, {2, 4, 4});  // n4
  const int outer = maker.add(FloatConcat{}, {last, kNetworkInput}, {4, 4, 4});      // n5
  maker.add(convolution(random, 4, 1, 1, 1), {outer}, {1, 4, 4});
  const QuantisedNetwork network = quantise_min_max(maker.graph, {normal_values(random, 32, 1.0F)});
  const Quantisation& q = layer_named(network, "n3").quantisation;
  CHECK(layer_named(network, "n1").quantisation.scale == q.scale);
  CHECK(layer_named(network, "n2").quantisation.scale == q.scale);
  CHECK(layer_named(network, "n0").quantisation.scale != q.scale);
  const auto& factors = operation_of<ConcatLayer>(network, "n3").requantisation;
  CHECK(factors[0].shift != 30);
  CHECK(factors[1].multiplier == 1 << 30);
  CHECK(factors[1].shift == 30);
  CHECK(layer_named(network, "n4").quantisation.scale == layer_named(network, "n5").quantisation.scale);
}

TEST_CASE("Average pooling has a factor for every count") {
  GraphMaker maker({1, 2, 2});
  FloatAveragePool pool;
  pool.window.kernel_height = pool.window.kernel_width = 2;
  maker.add(pool, {kNetworkInput}, {1, 1, 1});
  const QuantisedNetwork network = quantise_min_max(maker.graph, {{0.0F, 1.0F, 2.0F, 3.0F}});
  const auto& factors = operation_of<AveragePoolLayer>(network, "n0").requantisation;
  REQUIRE(factors.size() == 4);
  for (std::size_t n = 0; n < 4; ++n) {  // the ranges are 0..3 and 0..1.5
    CHECK(std::ldexp(factors[n].multiplier, -factors[n].shift) == Approx(2.0 / static_cast<double>(n + 1)));
  }
  CHECK(IntegerReference(network).output({0, 85, 170, 255}) == std::vector<std::uint8_t>{255});
}

TEST_CASE("Channels without weights, and with weights that vanish beside the bias") {
  GraphMaker maker({1, 1, 1});
  FloatConvolution conv;
  conv.weights = {0.0F, 0.0F, 1e-20F, 1.0F};
  conv.bias = {0.0F, 0.5F, -0.25F, 0.0F};
  maker.add(conv, {kNetworkInput}, {4, 1, 1});
  for (const RangeMethod weights : {RangeMethod::min_max, RangeMethod::mean_square_error}) {
    QuantiseConfig config;
    config.weight_range = weights;
    const QuantisedNetwork network = quantise(maker.graph, {}, {{1.0F}}, config);
    const Quantisation& q = network.description.layers[0].quantisation;
    const Values output = real(IntegerReference(network).output({255}), q);
    CHECK(network.weights[0] == std::vector<std::int8_t>{0, 0, 0, 127});
    CHECK(output[0] == 0.0F);
    CHECK(output[1] == Approx(0.5F).margin(0.51 * q.scale));
    CHECK(output[2] == Approx(-0.25F).margin(0.51 * q.scale));
    CHECK(output[3] == Approx(1.0F).margin(0.51 * q.scale));
  }
}

TEST_CASE("The network's output is never cut") {
  std::mt19937 random(8);
  GraphMaker maker({1, 40, 40});
  FloatConvolution conv;
  conv.weights = {1.0F};
  conv.bias = {0.0F};
  const int middle = maker.add(conv, kNetworkInput);
  maker.add(FloatReshape{}, {maker.add(conv, middle)}, {1600, 1, 1});
  Values image = normal_values(random, 1600, 1.0F);
  image[7] = 50.0F;
  QuantiseConfig config;
  config.activation_range = RangeMethod::percentile;
  config.percentile = 99.0;
  const QuantisedNetwork network = quantise(maker.graph, {}, {image}, config);
  const auto highest = [&](int layer) {
    const Quantisation& q = network.description.quantisation_of(layer);
    return q.scale * (255 - q.zero_point);
  };
  CHECK(highest(kNetworkInput) == Approx(50.0).epsilon(0.01));
  CHECK(highest(0) < 5.0);
  CHECK(highest(1) == Approx(50.0).epsilon(0.01));
  CHECK(highest(2) == highest(1));
}

TEST_CASE("Calibration takes the first images") {
  GraphMaker maker({1, 1, 1});
  maker.add(FloatScale{{2.0F}, {1.0F}}, kNetworkInput);
  QuantiseConfig config;
  config.calibration_images = 2;
  const QuantisedNetwork network = quantise(maker.graph, {}, {{1.0F}, {2.55F}, {100.0F}}, config);
  CHECK(network.description.input_quantisation.scale == Approx(0.01));
}

TEST_CASE("What has no 8-bit form is refused, naming the place") {
  GraphMaker maker({1, 1, 1});
  maker.add(FloatScale{{1.0F}, {0.0F}}, kNetworkInput);
  maker.add(FloatConcat{}, {kNetworkInput, 0}, {2, 1, 1});
  CHECK_THROWS_WITH(quantise(maker.graph, {}, {}, {}), Catch::Contains("no images"));
  CHECK_THROWS_AS(quantise(maker.graph, {}, {{1.0F, 2.0F}}, {}), InputError);
  CHECK_THROWS_WITH(quantise(maker.graph, {}, {{std::nanf("")}}, {}), Catch::Contains("image 0"));
  std::get<FloatScale>(maker.graph.nodes[0].operation).factor = {3e38F};
  CHECK_THROWS_WITH(quantise(maker.graph, {}, {{10.0F}}, {}), Catch::Contains("node n1"));

  GraphMaker cancelling({1, 1, 2});
  FloatAveragePool pool;
  pool.window.kernel_width = 2;
  cancelling.add(pool, {kNetworkInput}, {1, 1, 1});
  CHECK_THROWS_WITH(quantise(cancelling.graph, {}, {{1e30F, -1e30F}}, {}), Catch::Contains("layer n0"));
}

TEST_CASE("The configuration reads and writes") {
  const QuantiseConfig config = config::parse(
      "activation_range: percentile\npercentile: 99.9\nweight_range: mean_square_error\ncalibration_images: 7\n",
      "q.yaml", quantise_table());
  CHECK(config.activation_range == RangeMethod::percentile);
  CHECK(config.percentile == 99.9);
  CHECK(config.weight_range == RangeMethod::mean_square_error);
  CHECK(config.calibration_images == 7);
  CHECK(config::dump(config::parse(config::dump(config, quantise_table()), "again", quantise_table()),
                     quantise_table()) == config::dump(config, quantise_table()));
  CHECK_THROWS_AS(config::parse("weight_range: percentile\n", "q.yaml", quantise_table()), InputError);
}

TEST_CASE("Accuracy counts first-of-largest classes") {
  CHECK(top1(std::vector<int>{1, 3, 3, 2}) == 1);
  GraphMaker maker({2, 1, 1});
  maker.add(FloatScale{{1.0F, 1.0F}, {0.0F, 0.0F}}, kNetworkInput);
  const Dataset dataset({2, 1, 1}, std::vector<std::uint8_t>{1, 2, 9, 3, 5, 5, 0, 200}, {1, 0, 1, 1});
  CHECK(float_accuracy(maker.graph, dataset, {}) == 0.75);
  const QuantisedNetwork network = quantise(maker.graph, {}, {{0.0F, 255.0F}}, {});
  CHECK(reference_accuracy(network, dataset) == 0.75);
  const Dataset unlabelled({2, 1, 1}, std::vector<std::uint8_t>{1, 2}, {});
  CHECK_THROWS_WITH(reference_accuracy(network, unlabelled), Catch::Contains("labels"));
  const Dataset other({1, 1, 1}, std::vector<std::uint8_t>{1}, {0});
  CHECK_THROWS_WITH(float_accuracy(maker.graph, other, {}), Catch::Contains("1 x 1 x 1"));
}
