#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <variant>

#include "compression/network/integer_reference.h"
#include "compression/network/onnx_export.h"
#include "compression/passes/fixed_point.h"
#include "tests/onnxruntime/oracle.h"
#include "tests/platform/random_network.h"

// Each layer of random networks, exported and run in onnxruntime, against the integer reference.

namespace {

using namespace reprise;
using namespace reprise::test;

constexpr int kNetworks = 200;
constexpr int kImages = 3;

using Tensor = std::vector<std::uint8_t>;

/// The factor, a little smaller: no integer times it lies halfway between two integers, where rounding differs (upwards
/// here, to even in ONNX).
FixedPoint without_halves(FixedPoint factor) {
  return fixed_point(0.999 * std::ldexp(factor.multiplier, -factor.shift));
}

void remove_halves(Operation& operation) {
  const auto change = [](std::vector<FixedPoint>& factors) {
    std::transform(factors.begin(), factors.end(), factors.begin(), without_halves);
  };
  if (auto* convolution = std::get_if<ConvolutionLayer>(&operation)) {
    change(convolution->requantisation);
    change(convolution->negative_requantisation);
  } else if (auto* pool = std::get_if<AveragePoolLayer>(&operation)) {
    change(pool->requantisation);
  } else if (auto* concat = std::get_if<ConcatLayer>(&operation)) {
    change(concat->requantisation);
  } else if (auto* elementwise = std::get_if<ElementwiseLayer>(&operation)) {
    ++elementwise->shift;  // and an odd offset
    for (auto& multipliers : elementwise->multipliers) {
      for (std::int32_t& multiplier : multipliers) multiplier *= 2;
    }
    for (std::int64_t& offset : elementwise->offset) offset = 2 * offset + 1;
  }
}

bool keeps_quantisation(const Operation& operation) {
  return std::holds_alternative<MaxPoolLayer>(operation) || std::holds_alternative<SliceLayer>(operation) ||
         std::holds_alternative<PadLayer>(operation) || std::holds_alternative<ReshapeLayer>(operation);
}

double random_scale(Random& random) {
  return std::exp(std::uniform_real_distribution<double>(-7.0, 2.0)(random));
}

/// A network of one layer of another and of its inputs, which lie one after another in the input of this one. Slices,
/// reshapes and lookups, none of which rounds, give them their shapes and quantisations back. Integers know no scales:
/// these are drawn here.
QuantisedNetwork alone(Random& random, const QuantisedNetwork& from, std::size_t index) {
  const NetworkDescription& description = from.description;
  QuantisedNetwork network;
  NetworkDescription& net = network.description;
  net.name = "alone";
  net.input_shape = {0, 1, 1};
  net.input_quantisation.scale = random_scale(random);
  net.preprocessing = description.preprocessing;
  Layer layer = description.layers[index];
  remove_halves(layer.operation);
  for (const int input : layer.inputs) net.input_shape.channels += static_cast<int>(description.shape_of(input).size());
  const auto add = [&](Layer added, std::vector<std::int8_t> weights = {}) {
    added.name = std::to_string(net.layers.size());
    net.layers.push_back(std::move(added));
    network.weights.push_back(std::move(weights));
    return static_cast<int>(net.layers.size()) - 1;
  };
  LookupLayer same;
  std::iota(same.table.begin(), same.table.end(), std::uint8_t{0});
  int first = 0;
  for (int& input : layer.inputs) {
    const Shape& shape = description.shape_of(input);
    const Shape vector{static_cast<int>(shape.size()), 1, 1};
    const int slice = add({"", SliceLayer{{first, 0, 0}}, {kNetworkInput}, vector, net.input_quantisation});
    const int image = add({"", ReshapeLayer{}, {slice}, shape, net.input_quantisation});
    first += vector.channels;
    input = add({"", same, {image}, shape, {random_scale(random), description.quantisation_of(input).zero_point}});
  }
  const double input_scale = net.quantisation_of(layer.inputs.front()).scale;
  layer.quantisation.scale = keeps_quantisation(layer.operation) ? input_scale : random_scale(random);
  add(std::move(layer), from.weights[index]);
  return network;
}

/// What the layer's inputs hold for an image, one after another.
Tensor inputs_of(const Layer& layer, const Tensor& image, const std::vector<Tensor>& outputs) {
  Tensor joined;
  for (const int input : layer.inputs) {
    const Tensor& tensor = input == kNetworkInput ? image : outputs[static_cast<std::size_t>(input)];
    joined.insert(joined.end(), tensor.begin(), tensor.end());
  }
  return joined;
}

std::vector<float> real_values(const Tensor& stored, double scale) {
  std::vector<float> values;
  for (const std::uint8_t value : stored) values.push_back(static_cast<float>(scale * value));
  return values;
}

std::string kind_of(const Operation& operation) {
  const auto* convolution = std::get_if<ConvolutionLayer>(&operation);
  if (convolution == nullptr) return kind_name(operation);
  if (convolution->filter) return "filtered convolution";
  if (!convolution->negative_requantisation.empty()) return "leaky convolution";
  return convolution->groups > 1 ? "grouped convolution" : "convolution";
}

/// Exports every layer of a network, with what it got for some random images.
void add_layers(Random& random, const QuantisedNetwork& network, const std::string& name, Oracle& oracle,
                std::vector<std::string>& kinds) {
  const IntegerReference reference(network);
  std::vector<Tensor> images;
  std::vector<std::vector<Tensor>> outputs;
  for (int i = 0; i < kImages; ++i) {
    images.push_back(random_input(random, network.description.input_shape));
    outputs.push_back(reference.run(images.back()));
  }
  for (std::size_t layer = 0; layer < network.description.layers.size(); ++layer) {
    const QuantisedNetwork one = alone(random, network, layer);
    std::vector<Tensor> stored;
    std::vector<std::vector<float>> real;
    for (std::size_t i = 0; i < images.size(); ++i) {
      stored.push_back(inputs_of(network.description.layers[layer], images[i], outputs[i]));
      real.push_back(real_values(stored.back(), one.description.input_quantisation.scale));
    }
    kinds.push_back(kind_of(network.description.layers[layer].operation));
    oracle.add(name + "-" + std::to_string(layer), export_onnx(one), one, real, stored);
  }
}

/// All outputs of a kind of layer.
struct Tally {
  int layers = 0;
  int outputs = 0;
  int differing = 0;
};

// Where nothing lies on a half, only the exactness of floats is left: 24 bits, beside outputs of 8. A sum that is
// within that of a half may be rounded to the other side: one step, and hardly ever.
TEST_CASE("each layer of random networks gives the same in onnxruntime") {
  const unsigned seed = 71;
  INFO("seed " << seed);
  Random random(seed);
  Oracle oracle;
  std::vector<std::string> kinds;
  for (int n = 0; n < kNetworks; ++n) add_layers(random, random_network(random), std::to_string(n), oracle, kinds);
  for (const char* optimisation : {"disabled", "all"}) {
    std::map<std::string, Tally> tallies;
    const std::vector<Comparison> comparisons = oracle.compare(optimisation, 2);
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
      INFO(comparisons[i].name << ", " << kinds[i] << ", optimisation " << optimisation);
      CHECK(comparisons[i].largest_difference <= 1);
      Tally& tally = tallies[kinds[i]];
      ++tally.layers;
      tally.outputs += comparisons[i].outputs;
      tally.differing += comparisons[i].differing;
    }
    CHECK(tallies.size() == 12);
    std::string summary;
    for (const auto& [kind, tally] : tallies) {
      INFO(kind << ", optimisation " << optimisation);
      CHECK(tally.layers >= 10);
      CHECK(tally.differing <= tally.outputs / 1000);
      summary += fmt::format("\n  {} x {}: {} of {} outputs one step apart", tally.layers, kind, tally.differing,
                             tally.outputs);
    }
    WARN("optimisation " << optimisation << summary);
  }
}

}  // namespace
