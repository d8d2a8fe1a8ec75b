// What operation units do, by hand: activations, those left out, conversions.
#include <catch2/catch.hpp>

#include "compression/mapping/activity.h"
#include "compression/mapping/mapper.h"
#include "tests/mapping/sample_networks.h"

using namespace reprise;

namespace {

/// On operation units of 2 x 8: one output of a row group fills a unit.
WeightImage mapped(const QuantisedNetwork& network) {
  MappingConfig config;
  config.engine = EngineKind::dense;
  config.hardware.operation_unit = {2, 8};
  return map_network(network, config);
}

/// By layer; of the mapping, which is that of `dense`, and without one.
std::vector<UnitActivity> activities(const QuantisedNetwork& network, const std::vector<std::uint8_t>& input,
                                     const std::vector<std::vector<std::uint8_t>>& tensors) {
  const WeightImage image = mapped(network);
  std::vector<UnitActivity> found;
  for (std::size_t m = 0; m < image.mappings.size(); ++m) {
    found.push_back(count_activity(image.network, m, loads_of(image.mappings[m], image.geometry), input, tensors));
    const auto unmapped =
        count_activity(image.network, m, dense_loads(image.network, m, image.geometry), input, tensors);
    CHECK(unmapped.activations == found.back().activations);
    CHECK(unmapped.dropped == found.back().dropped);
    CHECK(unmapped.conversions == found.back().conversions);
  }
  return found;
}

void check(const UnitActivity& found, std::uint64_t activations, std::uint64_t dropped, std::uint64_t conversions) {
  CHECK(found.activations == activations);
  CHECK(found.dropped == dropped);
  CHECK(found.conversions == conversions);
}

SlidingWindow& window_of(QuantisedNetwork& network) {
  return std::get<ConvolutionLayer>(network.description.layers.front().operation).window;
}

}  // namespace

TEST_CASE("activity: live bits of a row group times its units") {
  // Four rows in two row groups, three outputs: three units of eight columns each.
  QuantisedNetwork network = empty_network({4, 1, 1}, 0);
  add_convolution(network, "layer", 3, 1, 1, std::vector<std::int8_t>(12, 1));
  // Row group 0: 5 | 3 = 0b111, three live bits; row group 1: 0 | 128, one.
  check(activities(network, {5, 3, 0, 128}, {{0, 0, 0}}).at(0), 3 * 3 + 1 * 3, 5 * 3 + 7 * 3, 12 * 8);
}

TEST_CASE("activity: every window, padding at the zero point") {
  // One channel of 2 x 2, a kernel of 1 x 2 that begins one column to the left: row group {left, right}.
  QuantisedNetwork network = empty_network({1, 2, 2}, 16);
  add_convolution(network, "layer", 1, 1, 1, {1, 1});
  window_of(network).kernel_width = 2;
  window_of(network).pad_left = 1;
  network.description.layers.front().shape = {1, 2, 2};
  // Windows (16, 1), (1, 2), (16, 0), (0, 255): 2 + 2 + 1 + 8 live bits.
  check(activities(network, {1, 2, 0, 255}, {{0, 0, 0, 0}}).at(0), 13, 32 - 13, 13 * 8);
}

TEST_CASE("activity: what the input filter lets through") {
  QuantisedNetwork network = empty_network({4, 1, 1}, 0);
  add_convolution(network, "layer", 1, 1, 2, {1, 1, 1, 1});
  ConvolutionLayer& convolution = std::get<ConvolutionLayer>(network.description.layers.front().operation);
  network.description.layers.front().shape = {2, 1, 1};
  convolution.bias = {0, 0};
  convolution.requantisation.assign(2, {1, 1});
  convolution.filter = InputFilter{2, 8, 2};
  // Block 0: 13 = 0b1101 keeps the planes 3 and 2 of both rows: 12 and 4. Block 1: 4 + 3 < 8, zeros.
  check(activities(network, {13, 7, 4, 3}, {{0, 0}}).at(0), 2, 14, 16);
}

TEST_CASE("activity: a layer reads what the layer before it gave") {
  QuantisedNetwork network = empty_network({1, 1, 1}, 0);
  add_convolution(network, "first", 1, 1, 1, {1});
  add_convolution(network, "second", 2, 1, 1, {1, 1});
  network.description.layers[1].inputs = {0};
  const std::vector<UnitActivity> found = activities(network, {1}, {{7}, {0, 0}});
  check(found.at(0), 1, 7, 8);
  check(found.at(1), 3 * 2, 5 * 2, 6 * 8);
  UnitActivity sum = found[0];
  sum += found[1];
  check(sum, 7, 17, 56);
}
