#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "compression/network/integer_reference.h"
#include "support/error.h"

namespace {

using namespace reprise;
using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937;

int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

Bytes random_bytes(Random& random, std::size_t count) {
  Bytes bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(draw(random, 0, 255));
  return bytes;
}

/// A network of one layer on one input, with weights where it is a convolution.
QuantisedNetwork one_layer(const Shape& in, int in_zero, const Operation& operation, const Shape& out, int out_zero,
                           std::vector<std::int8_t> weights = {}) {
  QuantisedNetwork network;
  network.description.name = "one";
  network.description.input_shape = in;
  network.description.input_quantisation = {1.0, in_zero};
  Layer layer;
  layer.name = "layer0";
  layer.operation = operation;
  layer.inputs = {kNetworkInput};
  layer.shape = out;
  layer.quantisation = {1.0, out_zero};
  network.description.layers = {layer};
  network.weights = {std::move(weights)};
  return network;
}

Bytes run_one(const QuantisedNetwork& network, const Bytes& input) {
  return IntegerReference(network).output(input);
}

/// The scaling written another way: quotient and remainder of a division, rounded half up.
std::int64_t scale_by_division(std::int64_t value, const FixedPoint& factor) {
  const std::int64_t divisor = std::int64_t{1} << factor.shift;
  std::int64_t quotient = value * factor.multiplier / divisor;
  std::int64_t remainder = value * factor.multiplier % divisor;
  if (remainder < 0) {
    --quotient;
    remainder += divisor;
  }
  return remainder >= divisor / 2 ? quotient + 1 : quotient;
}

std::uint8_t clamped(const Layer& layer, std::int64_t scaled) {
  const std::int64_t value = layer.quantisation.zero_point + scaled;
  return static_cast<std::uint8_t>(value < layer.clamp_low    ? layer.clamp_low
                                   : value > layer.clamp_high ? layer.clamp_high
                                                              : value);
}

FixedPoint random_factor(Random& random) {
  return {draw(random, 1 << 30, 2147483647), draw(random, 36, 46)};
}

SlidingWindow random_window(Random& random) {
  SlidingWindow window;
  window.kernel_height = draw(random, 1, 5);
  window.kernel_width = draw(random, 1, 5);
  window.stride_height = draw(random, 1, 3);
  window.stride_width = draw(random, 1, 3);
  window.dilation_height = draw(random, 1, 2);
  window.dilation_width = draw(random, 1, 2);
  window.pad_top = draw(random, 0, window.kernel_height - 1);
  window.pad_left = draw(random, 0, window.kernel_width - 1);
  window.pad_bottom = draw(random, 0, window.kernel_height - 1);
  window.pad_right = draw(random, 0, window.kernel_width - 1);
  return window;
}

/// An input that has at least one window, and the number of windows in each direction.
struct Sizes {
  Shape in;
  int out_height;
  int out_width;
};
Sizes random_sizes(Random& random, const SlidingWindow& w, int channels) {
  const int reach_y = (w.kernel_height - 1) * w.dilation_height + 1;
  const int reach_x = (w.kernel_width - 1) * w.dilation_width + 1;
  const Shape in{channels, draw(random, reach_y, reach_y + 6), draw(random, reach_x, reach_x + 6)};
  return {in, (in.height + w.pad_top + w.pad_bottom - reach_y) / w.stride_height + 1,
          (in.width + w.pad_left + w.pad_right - reach_x) / w.stride_width + 1};
}

std::uint8_t at(const Bytes& bytes, const Shape& shape, int c, int y, int x) {
  return bytes[static_cast<std::size_t>((c * shape.height + y) * shape.width + x)];
}

/// The rows of one group that a filter lets through, every row looking for its own block.
std::vector<int> through(const InputFilter& filter, const std::vector<int>& rows) {
  const auto block = [&](std::size_t row) { return row / static_cast<std::size_t>(filter.block_rows); };
  std::vector<int> result;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    int sum = 0;
    int leading = 0;
    for (std::size_t other = 0; other < rows.size(); ++other) {
      if (block(other) != block(row)) continue;
      sum += rows[other];
      while (rows[other] >= 2 << leading) ++leading;
    }
    int value = 0;
    for (int bit = 7; bit >= 0 && bit > leading - filter.planes; --bit) value += rows[row] & 1 << bit;
    result.push_back(sum < filter.least_sum ? 0 : value);
  }
  return result;
}

}  // namespace

TEST_CASE("Scaling rounds half up") {
  CHECK(scale(3, {1, 1}) == 2);    // 1.5
  CHECK(scale(-3, {1, 1}) == -1);  // -1.5
  CHECK(scale(1, {1, 2}) == 0);    // 0.25
  CHECK(scale(-1, {1, 1}) == 0);   // -0.5
  CHECK(scale(7, {-3, 2}) == -5);  // -5.25
  CHECK(scale(2147483647, {2147483647, 62}) == 1);
  Random random(7);
  for (int i = 0; i < 100000; ++i) {
    const std::int64_t value = draw(random, -2147483647, 2147483647);
    const FixedPoint factor{draw(random, -2147483647, 2147483647), draw(random, 1, 62)};
    REQUIRE(scale(value, factor) == scale_by_division(value, factor));
  }
}

TEST_CASE("A convolution by hand") {
  // 1 x 2 x 3 input, zero point 2: x - 2 is {-1 0 1; 2 3 4}. A 2 x 2 kernel {1 2; 3 4}, one column of padding on the
  // left.
  ConvolutionLayer convolution;
  convolution.window.kernel_height = convolution.window.kernel_width = 2;
  convolution.window.pad_left = 1;
  convolution.bias = {-5};
  convolution.requantisation = {{1, 1}};
  const QuantisedNetwork network = one_layer({1, 2, 3}, 2, convolution, {1, 1, 3}, 10, {1, 2, 3, 4});
  // Sums: 2*-1 + 4*2 - 5 = 1; -1 + 0 + 6 + 12 - 5 = 12; 0 + 2 + 9 + 16 - 5 = 22. Halved, half up: 1, 6, 11.
  CHECK(run_one(network, {1, 2, 3, 4, 5, 6}) == Bytes{11, 16, 21});
}

TEST_CASE("An input filter by hand") {
  // Seven outputs that repeat their inputs. Blocks of three rows: 5 1 2 adds up to 8 and keeps bits 2 and 1; 9 130 7
  // keeps bits 7 and 6; 3 is less than 8.
  ConvolutionLayer convolution;
  convolution.bias.assign(7, 0);
  convolution.requantisation.assign(7, {2, 1});
  convolution.filter = InputFilter{3, 8, 2};
  std::vector<std::int8_t> identity(49);
  for (std::size_t i = 0; i < 7; ++i) identity[i * 8] = 1;
  QuantisedNetwork network = one_layer({7, 1, 1}, 0, convolution, {7, 1, 1}, 0, identity);
  const Bytes input{5, 1, 2, 9, 130, 7, 3};
  CHECK(run_one(network, input) == Bytes{4, 0, 2, 0, 128, 0, 0});
  const auto with = [&](InputFilter filter) {
    std::get<ConvolutionLayer>(network.description.layers[0].operation).filter = filter;
    return run_one(network, input);
  };
  CHECK(with({3, 9, 2}) == Bytes{0, 0, 0, 0, 128, 0, 0});
  CHECK(with({3, 0, 8}) == input);
  CHECK(with({7, 157, 8}) == input);
  CHECK(with({100, 158, 8}) == Bytes(7));
  CHECK(with({1, 0, 1}) == Bytes{4, 1, 2, 8, 128, 4, 2});
  CHECK(with({2, 4, 5}) == Bytes{5, 1, 2, 9, 128, 0, 0});
  CHECK_THROWS_WITH(with({3, 0, 0}), Catch::Contains("layer layer0: its input filter keeps 0 bit planes"));
  CHECK_THROWS_WITH(with({0, 0, 8}), Catch::Contains("layer layer0: its input filter has blocks of 0 rows"));
  network.description.input_quantisation.zero_point = 1;
  CHECK_THROWS_WITH(with({3, 0, 8}), Catch::Contains("layer layer0: its input has the zero point 1"));
}

TEST_CASE("A leaky convolution by hand, and its clamp") {
  ConvolutionLayer convolution;
  convolution.bias = {0, 3};
  convolution.requantisation = {{1, 1}, {2, 1}};
  convolution.negative_requantisation = {{1, 3}, {1, 1}};
  QuantisedNetwork network = one_layer({1, 1, 3}, 100, convolution, {2, 1, 3}, 50, {2, -1});
  // x - 100 = -20, 0, 30. Output 0: -40 / 8 = -5, 0, 60 / 2 = 30. Output 1: 23, 3, -27 / 2 = -13.5 -> -13.
  CHECK(run_one(network, {80, 100, 130}) == Bytes{45, 50, 80, 73, 53, 37});
  network.description.layers[0].clamp_low = 50;
  network.description.layers[0].clamp_high = 75;
  CHECK(run_one(network, {80, 100, 130}) == Bytes{50, 50, 75, 73, 53, 50});
}

TEST_CASE("Groups by hand") {
  ConvolutionLayer convolution;
  convolution.groups = 2;
  convolution.bias = {0, 0, 0, 1};
  convolution.requantisation.assign(4, {2, 1});
  const QuantisedNetwork network = one_layer({4, 1, 1}, 0, convolution, {4, 1, 1}, 0, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(run_one(network, {1, 2, 3, 4}) == Bytes{5, 11, 39, 54});
}

TEST_CASE("Pooling by hand") {
  SlidingWindow window;
  window.kernel_height = window.kernel_width = 2;
  window.stride_height = window.stride_width = 2;
  window.pad_top = window.pad_left = 1;
  const Bytes input{1, 2, 3, 4, 5, 6, 7, 8, 9};
  CHECK(run_one(one_layer({1, 3, 3}, 0, MaxPoolLayer{window}, {1, 2, 2}, 0), input) == Bytes{1, 3, 7, 9});

  AveragePoolLayer average;
  average.window = window;
  average.requantisation = {{1 << 20, 20}, {1 << 19, 20}, {349525, 20}, {1 << 18, 20}};  // 1, 1/2, 1/3, 1/4
  CHECK(run_one(one_layer({1, 3, 3}, 0, average, {1, 2, 2}, 0), input) == Bytes{1, 3, 6, 7});
  average.count_padding = true;  // 1/4, 5/4, 11/4, 28/4
  CHECK(run_one(one_layer({1, 3, 3}, 0, average, {1, 2, 2}, 0), input) == Bytes{0, 1, 3, 7});
  // With zero point 4 the values are -3..4: -3/4 -> -1 (half up), -3/4, 3/4, 12/4.
  CHECK(run_one(one_layer({1, 3, 3}, 4, average, {1, 2, 2}, 20), input) == Bytes{19, 19, 21, 23});

  // Past the declared padding, as ceil_mode has it, nothing counts: the last column holds 3 and 6 only.
  window = {};
  window.kernel_height = window.kernel_width = window.stride_height = window.stride_width = 2;
  average.window = window;
  CHECK(run_one(one_layer({1, 2, 3}, 0, average, {1, 1, 2}, 0), {1, 2, 3, 4, 5, 6}) == Bytes{3, 5});
}

TEST_CASE("Element-wise layers by hand") {
  QuantisedNetwork network;
  network.description.input_shape = {2, 1, 2};
  network.description.input_quantisation = {1.0, 10};
  Layer lookup;
  lookup.name = "reverse";
  LookupLayer reverse;
  for (std::size_t i = 0; i < 256; ++i) reverse.table[i] = static_cast<std::uint8_t>(255 - i);
  lookup.operation = reverse;
  lookup.inputs = {kNetworkInput};
  lookup.shape = {2, 1, 2};
  lookup.quantisation = {1.0, 200};
  Layer add;
  add.name = "add";
  add.operation = ElementwiseLayer{{{4, 8}, {2, -4}}, {0, 6}, 2};
  add.inputs = {kNetworkInput, 0};
  add.shape = {2, 1, 2};
  add.quantisation = {1.0, 100};
  add.clamp_low = 100;
  network.description.layers = {lookup, add};
  network.weights.resize(2);
  // x - 10 = -10, 0, 10, 20. 255 - x - 200 = 55, 45, 35, 25.
  // Channel 0: -10 + 27.5 = 17.5 -> 18, 22.5 -> 23. Channel 1: 20 - 35 + 1.5 = -13.5 -> clamped, 40 - 25 + 1.5 = 16.5
  // -> 17.
  const auto outputs = IntegerReference(network).run({0, 10, 20, 30});
  CHECK(outputs[0] == Bytes{255, 245, 235, 225});
  CHECK(outputs[1] == Bytes{118, 123, 100, 117});
}

TEST_CASE("Concatenation, slice, pad and reshape by hand") {
  QuantisedNetwork concat = one_layer({1, 1, 2}, 3, ReshapeLayer{}, {1, 1, 2}, 7);
  Layer joined = concat.description.layers[0];
  joined.name = "joined";
  joined.operation = ConcatLayer{{{2, 1}, {1, 1}}};
  joined.inputs = {kNetworkInput, 0};
  joined.shape = {2, 1, 2};
  joined.quantisation.zero_point = 5;
  concat.description.layers.push_back(joined);
  concat.weights.resize(2);
  CHECK(run_one(concat, {3, 9}) == Bytes{5, 11, 3, 6});  // 0, 6 and -4 / 2, 2 / 2

  const Bytes input{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};  // 2 x 2 x 3
  CHECK(run_one(one_layer({2, 2, 3}, 0, SliceLayer{{1, 0, 1}, {1, 1, 1}}, {1, 2, 2}, 0), input) == Bytes{7, 8, 10, 11});
  CHECK(run_one(one_layer({2, 2, 3}, 0, SliceLayer{{0, 1, 0}, {1, 1, 2}}, {2, 1, 2}, 0), input) == Bytes{3, 5, 9, 11});
  CHECK(run_one(one_layer({1, 1, 2}, 0, PadLayer{{1, 0, 1}, 9}, {2, 2, 3}, 0), {1, 2}) ==
        Bytes{9, 9, 9, 9, 9, 9, 9, 1, 2, 9, 9, 9});
  CHECK(run_one(one_layer({2, 2, 3}, 0, ReshapeLayer{}, {12, 1, 1}, 0), input) == input);
}

TEST_CASE("Random convolutions agree with plain 64-bit sums") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    ConvolutionLayer convolution;
    convolution.window = random_window(random);
    convolution.groups = draw(random, 1, 3);
    const int in_per_group = draw(random, 1, 4);
    const int out_per_group = draw(random, 1, 4);
    const SlidingWindow& w = convolution.window;
    const Sizes sizes = random_sizes(random, w, in_per_group * convolution.groups);
    const Shape out{out_per_group * convolution.groups, sizes.out_height, sizes.out_width};
    const bool leaky = draw(random, 0, 1) == 1;
    for (int c = 0; c < out.channels; ++c) {
      convolution.bias.push_back(draw(random, -20000, 20000));
      convolution.requantisation.push_back(random_factor(random));
      if (leaky) convolution.negative_requantisation.push_back(random_factor(random));
    }
    std::vector<std::int8_t> weights(static_cast<std::size_t>(out.channels * in_per_group * w.area()));
    for (std::int8_t& weight : weights) weight = static_cast<std::int8_t>(draw(random, -128, 127));
    const bool filtered = draw(random, 0, 1) == 1;
    const int in_zero = filtered ? 0 : draw(random, 0, 255);
    if (filtered) convolution.filter = InputFilter{draw(random, 1, 40), draw(random, 0, 3000), draw(random, 1, 8)};
    QuantisedNetwork network = one_layer(sizes.in, in_zero, convolution, out, draw(random, 0, 255), weights);
    Layer& layer = network.description.layers[0];
    layer.clamp_low = draw(random, 0, 60);
    layer.clamp_high = draw(random, 200, 255);
    const Bytes input = random_bytes(random, sizes.in.size());

    Bytes expected;
    for (int o = 0; o < out.channels; ++o) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
          std::vector<int> rows;
          for (int i = 0; i < in_per_group; ++i) {
            const int channel = o / out_per_group * in_per_group + i;
            for (int k = 0; k < w.area(); ++k) {
              const int in_y = y * w.stride_height - w.pad_top + k / w.kernel_width * w.dilation_height;
              const int in_x = x * w.stride_width - w.pad_left + k % w.kernel_width * w.dilation_width;
              const bool outside = in_y < 0 || in_y >= sizes.in.height || in_x < 0 || in_x >= sizes.in.width;
              rows.push_back(outside ? 0 : at(input, sizes.in, channel, in_y, in_x) - in_zero);
            }
          }
          if (filtered) rows = through(*convolution.filter, rows);
          std::int64_t sum = convolution.bias[static_cast<std::size_t>(o)];
          for (std::size_t row = 0; row < rows.size(); ++row) {
            sum += std::int64_t{weights[static_cast<std::size_t>(o) * rows.size() + row]} * rows[row];
          }
          const auto& factors = leaky && sum < 0 ? convolution.negative_requantisation : convolution.requantisation;
          expected.push_back(clamped(layer, scale_by_division(sum, factors[static_cast<std::size_t>(o)])));
        }
      }
    }
    REQUIRE(run_one(network, input) == expected);
  }
}

TEST_CASE("Random pools agree with a search through the whole input") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    AveragePoolLayer average;
    average.window = random_window(random);
    average.window.dilation_height = average.window.dilation_width = 1;
    average.count_padding = draw(random, 0, 1) == 1;
    const SlidingWindow& w = average.window;
    for (int n = 1; n <= w.area(); ++n) average.requantisation.push_back(random_factor(random));
    for (FixedPoint& factor : average.requantisation) factor.shift -= 8;
    const Sizes sizes = random_sizes(random, w, 2);
    const Shape out{2, sizes.out_height, sizes.out_width};
    const int zero = draw(random, 0, 255);
    const Bytes input = random_bytes(random, sizes.in.size());
    const QuantisedNetwork averaging = one_layer(sizes.in, zero, average, out, draw(random, 0, 255));

    Bytes largest;
    Bytes mean;
    for (int c = 0; c < 2; ++c) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
          const int top = y * w.stride_height - w.pad_top;
          const int left = x * w.stride_width - w.pad_left;
          int max = 0;
          int sum = 0;
          int count = 0;
          for (int in_y = 0; in_y < sizes.in.height; ++in_y) {
            for (int in_x = 0; in_x < sizes.in.width; ++in_x) {
              if (in_y < top || in_y >= top + w.kernel_height || in_x < left || in_x >= left + w.kernel_width) continue;
              const int value = at(input, sizes.in, c, in_y, in_x);
              max = std::max(max, value);
              sum += value - zero;
              ++count;
            }
          }
          if (average.count_padding) count = w.area();  // no window reaches past the padding here
          largest.push_back(static_cast<std::uint8_t>(max));
          const FixedPoint& factor = average.requantisation[static_cast<std::size_t>(count - 1)];
          mean.push_back(clamped(averaging.description.layers[0], scale_by_division(sum, factor)));
        }
      }
    }
    REQUIRE(run_one(one_layer(sizes.in, zero, MaxPoolLayer{w}, out, zero), input) == largest);
    REQUIRE(run_one(averaging, input) == mean);
  }
}

TEST_CASE("Sums that an accumulator cannot hold are refused") {
  ConvolutionLayer convolution;
  convolution.bias = {2147483647 - 255 * 127};
  convolution.requantisation = {{1, 1}};
  const QuantisedNetwork largest = one_layer({1, 1, 1}, 0, convolution, {1, 1, 1}, 0, {-127});
  CHECK_NOTHROW(IntegerReference(largest));
  ++convolution.bias[0];
  const QuantisedNetwork too_large = one_layer({1, 1, 1}, 0, convolution, {1, 1, 1}, 0, {-127});
  CHECK_THROWS_AS(IntegerReference(too_large), InputError);
  CHECK_THROWS_WITH(IntegerReference(too_large), Catch::Contains("layer0") && Catch::Contains("2147483648"));
}

TEST_CASE("Arrays of wrong sizes are refused") {
  ConvolutionLayer convolution;
  convolution.bias = {0};
  convolution.requantisation = {{1, 1}};
  const QuantisedNetwork good = one_layer({1, 1, 1}, 0, convolution, {1, 1, 1}, 0, {1});
  CHECK_THROWS_WITH(IntegerReference(good).run({1, 2}), Catch::Contains("2 values, expected 1"));
  QuantisedNetwork bad = good;
  bad.weights[0].push_back(1);
  CHECK_THROWS_WITH(IntegerReference(bad), Catch::Contains("layer0"));
  bad.weights.clear();
  CHECK_THROWS_WITH(IntegerReference(bad), Catch::Contains("1 layers"));
}
