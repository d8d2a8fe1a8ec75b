// The arithmetic of one weight layer by hand. Weights are powers of two, one cell each, so that they can be read off.
#include <catch2/catch.hpp>
#include <random>

#include "tlm/convolution_unit.h"

using namespace reprise;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// A layer on the network's input with dense units, one an output and row group, in two's complement.
struct Bench {
  WeightImage image;

  /// @param row_groups  sizes
  Bench(const Shape& input, const SlidingWindow& window, int groups, const Shape& output,
        const std::vector<std::uint32_t>& row_groups) {
    image.network.input_shape = input;
    ConvolutionLayer convolution;
    convolution.window = window;
    convolution.groups = groups;
    const auto outputs = static_cast<std::size_t>(output.channels);
    convolution.bias.assign(outputs, 0);
    convolution.requantisation.assign(outputs, {1, 1});  // a half, halves upwards
    Layer layer;
    layer.operation = convolution;
    layer.inputs = {kNetworkInput};
    layer.shape = output;
    image.network.layers.push_back(layer);
    image.cells = CellArray(image.geometry, 8);
    image.mappings.emplace_back();
    mapping().initial_sums.assign(outputs, 0);
    mapping().row_group_starts = {0};
    for (const std::uint32_t rows : row_groups) {
      for (std::uint32_t row = 0; row < rows; ++row) mapping().rows.push_back(mapping().row_group_starts.back() + row);
      mapping().row_group_starts.push_back(mapping().row_group_starts.back() + rows);
    }
  }

  LayerMapping& mapping() { return image.mappings.front(); }
  Layer& layer() { return image.network.layers.front(); }
  ConvolutionLayer& convolution() { return std::get<ConvolutionLayer>(layer().operation); }

  /// A unit whose rows hold the weights 2^bits[row] of one output; bit 7 is -128, 8 is a weight of 0.
  void add_unit(std::uint32_t group, std::uint32_t output, const std::vector<std::size_t>& bits) {
    const std::size_t number = mapping().units.size();
    OperationUnit unit;
    unit.row_group = group;
    unit.wordline = static_cast<std::uint16_t>(number / 16 * 9);
    unit.bitline = static_cast<std::uint16_t>(number % 16 * 8);
    unit.columns = 8;
    unit.slot_columns = 8;
    unit.signed_slots = true;
    unit.first_entry = static_cast<std::uint32_t>(number);
    for (std::size_t row = 0; row < bits.size(); ++row) {
      if (bits[row] < 8) image.cells.set(unit.crossbar, unit.wordline + row, unit.bitline + bits[row]);
    }
    mapping().units.push_back(unit);
    mapping().entries.push_back({output, 0, 0, false});
  }

  ConvolutionUnit unit() { return {image, mapping()}; }
};

InputRows pointers(const std::vector<Bytes>& rows) {
  InputRows result;
  for (const Bytes& row : rows) result.push_back(row.data());
  return result;
}

constexpr SlidingWindow kPoint{};

}  // namespace

TEST_CASE("windows are gathered with stride, dilation and the zero point around the input") {
  // One channel of 2 x 3, 2 x 2 taps two columns apart, a row of padding above, a column left: taps at rows y - 1, y
  // and columns 2 x - 1, 2 x + 1. Weights 1, 2, 4, 8 in the order of the taps.
  Bench bench({1, 2, 3}, {2, 2, 1, 2, 1, 2, 1, 1, 0, 1}, 1, {1, 2, 2}, {3, 1});
  bench.image.network.input_quantisation.zero_point = 16;
  bench.add_unit(0, 0, {0, 1, 2});
  bench.add_unit(1, 0, {3});
  const std::vector<Bytes> input{{2, 4, 6}, {1, 3, 5}};
  ConvolutionUnit unit = bench.unit();
  Bytes output(2);

  // Row 0: (16 16 / 16 4) and (16 16 / 4 16). Sums 16 + 32 + 64 + 32 = 144 and 16 + 32 + 16 + 128 = 192, halved.
  unit.gather(0, pointers(input));
  unit.multiply(output.data());
  CHECK(output == Bytes{72, 96});
  // Row groups of three taps and one: 10000 is one bit, 00100 one; 10100 two, 10000 one.
  CHECK(unit.activity().live_bits() == Bytes{1, 1, 2, 1});
  CHECK(unit.activity().live_bit_sums() == std::vector<std::uint64_t>{3, 2});
  CHECK(unit.bytes_read(0) == 2);

  // Row 1: (16 4 / 16 3) and (4 16 / 3 16). Sums 16 + 8 + 64 + 24 = 112 and 4 + 32 + 12 + 128 = 176.
  unit.gather(1, pointers(input));
  unit.multiply(output.data());
  CHECK(output == Bytes{56, 88});
  CHECK(unit.activity().live_bits() == Bytes{2, 2, 4, 1});
  CHECK(unit.activity().live_bit_sums() == std::vector<std::uint64_t>{6, 3});  // of this row alone
  CHECK(unit.bytes_read(1) == 4);
}

TEST_CASE("live bits are counted alike when the row groups are the channels") {
  // Two channels of 1 x 2 under two taps: the groups are whole channels, whose bits are found in another way.
  const std::vector<Bytes> input{{1, 0x81, 2, 0x7E}};
  Bench channels({2, 1, 2}, {1, 2, 1, 1, 1, 1, 0, 0, 0, 0}, 1, {1, 1, 1}, {2, 2});
  ConvolutionUnit by_channel = channels.unit();
  by_channel.gather(0, pointers(input));
  CHECK(by_channel.activity().live_bits() == Bytes{2, 8});
  Bench others({2, 1, 2}, {1, 2, 1, 1, 1, 1, 0, 0, 0, 0}, 1, {1, 1, 1}, {3, 1});
  ConvolutionUnit by_position = others.unit();
  by_position.gather(0, pointers(input));
  CHECK(by_position.activity().live_bits() == Bytes{3, 6});  // 1, 2, 0x81; 0x7E
}

TEST_CASE("an output sees the channels of its own group") {
  // Two groups of two channels, one output each, one tap. Weights 2, 4 and 8, -128.
  Bench bench({4, 1, 1}, kPoint, 2, {2, 1, 1}, {2, 2});
  bench.add_unit(0, 0, {1, 2});
  bench.add_unit(1, 1, {3, 7});
  bench.mapping().initial_sums = {5, 300};
  const std::vector<Bytes> input{{3, 10, 20, 1}};
  ConvolutionUnit unit = bench.unit();
  Bytes output(2);
  unit.gather(0, pointers(input));
  unit.multiply(output.data());
  CHECK(output == Bytes{26, 166});  // (5 + 6 + 40 + 1) / 2, (300 + 160 - 128) / 2
  CHECK(unit.bytes_read(0) == 4);
}

TEST_CASE("an input filter stands before live bits and product") {
  // Seven channels, blocks of three: 5 1 2 adds up to 8 and keeps two bits, 4 0 2; 9 130 7 becomes 0 128 0; 3 is less
  // than 8. Weights 1, 2, 4 / 8, 1, 16 / 32 in row groups of three: 4 + 8 + 128 = 140, halved.
  Bench bench({7, 1, 1}, kPoint, 1, {1, 1, 1}, {3, 3, 1});
  bench.add_unit(0, 0, {0, 1, 2});
  bench.add_unit(1, 0, {3, 0, 4});
  bench.add_unit(2, 0, {5});
  const std::vector<Bytes> input{{5, 1, 2, 9, 130, 7, 3}};
  CHECK(bench.unit().values_filtered() == 0);
  bench.convolution().filter = InputFilter{3, 8, 2};
  ConvolutionUnit unit = bench.unit();
  Bytes output(1);
  unit.gather(0, pointers(input));
  unit.multiply(output.data());
  CHECK(output == Bytes{70});
  CHECK(unit.activity().live_bits() == Bytes{2, 1, 0});
  CHECK(unit.activity().live_bit_sums() == std::vector<std::uint64_t>{2, 1, 0});
  CHECK(unit.values_filtered() == 7);
  CHECK(unit.bytes_read(0) == 7);
}

TEST_CASE("sums below zero have factors of their own, and results are clamped") {
  Bench bench({1, 1, 3}, kPoint, 1, {1, 1, 3}, {1});
  bench.add_unit(0, 0, {7});  // -128
  bench.mapping().initial_sums = {256};
  bench.convolution().negative_requantisation = {{1, 6}};
  bench.layer().quantisation.zero_point = 10;
  bench.layer().clamp_low = 5;
  bench.layer().clamp_high = 100;
  const std::vector<Bytes> input{{0, 2, 4}};
  Bytes output(3);
  ConvolutionUnit unit = bench.unit();
  unit.gather(0, pointers(input));
  unit.multiply(output.data());
  CHECK(output == Bytes{100, 10, 6});  // 10 + 128; a sum of 0; 10 + floor((-256 + 32) / 64) = 10 - 4
}

TEST_CASE("a layer without units gives its initial sums") {
  Bench bench({1, 1, 2}, kPoint, 1, {2, 1, 2}, {1});
  bench.mapping().initial_sums = {21, -4};
  ConvolutionUnit unit = bench.unit();
  const std::vector<Bytes> input{{200, 100}};
  Bytes output(4);
  unit.gather(0, pointers(input));
  unit.multiply(output.data());
  CHECK(output == Bytes{11, 0, 11, 0});
}

namespace {

int one_of(std::mt19937& random, const std::vector<int>& values) {
  return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random)];
}

int between(std::mt19937& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

}  // namespace

TEST_CASE("every window holds the pixels under its taps, and every byte of them is read") {
  std::mt19937 random(7);
  for (int run = 0; run < 2000; ++run) {
    // Runs of pixels are copied in several ways, by their length.
    const Shape input{one_of(random, {1, 3, 8, 16, 48, 128}), between(random, 1, 5), between(random, 1, 9)};
    const SlidingWindow w{between(random, 1, 3),
                          between(random, 1, 3),
                          between(random, 1, 2),
                          between(random, 1, 2),
                          1,
                          between(random, 1, 2),
                          between(random, 0, 2),
                          between(random, 0, 2),
                          0,
                          between(random, 0, 2)};
    const Shape output{1, 1, between(random, 1, 6)};
    const auto rows = static_cast<std::uint32_t>(input.channels * w.area());
    Bench bench(input, w, 1, output, {rows});
    const int zero_point = between(random, 0, 255);
    bench.image.network.input_quantisation.zero_point = zero_point;
    std::vector<Bytes> pixels(static_cast<std::size_t>(input.height));
    for (Bytes& row : pixels) {
      row.resize(static_cast<std::size_t>(input.width * input.channels));
      for (std::uint8_t& byte : row) byte = static_cast<std::uint8_t>(between(random, 0, 255));
    }

    ConvolutionUnit unit = bench.unit();
    const int y = between(random, 0, 2);
    unit.gather(y, pointers(pixels));
    const std::uint8_t* const windows = unit.im2col();
    Bytes expected;
    std::uint64_t read = 0;
    for (int x = 0; x < output.width; ++x) {
      for (int row = 0; row < input.channels * w.area(); ++row) {
        const int y_in = y * w.stride_height - w.pad_top + row % w.area() / w.kernel_width;
        const int x_in = x * w.stride_width - w.pad_left + row % w.kernel_width * w.dilation_width;
        const bool inside = y_in >= 0 && y_in < input.height && x_in >= 0 && x_in < input.width;
        const auto position = static_cast<std::size_t>(x_in * input.channels + row / w.area());
        expected.push_back(inside ? pixels[static_cast<std::size_t>(y_in)][position]
                                  : static_cast<std::uint8_t>(zero_point));
        read += inside ? 1 : 0;
      }
    }
    REQUIRE(Bytes(windows, windows + expected.size()) == expected);
    REQUIRE(unit.bytes_read(y) == read);
  }
}

TEST_CASE("outputs are scaled each by its own factor in all windows of a row") {
  std::mt19937 random(8);
  for (int run = 0; run < 500; ++run) {
    const int outputs = between(random, 1, 90);
    const int width = between(random, 1, 40);
    Bench bench({1, 1, width}, kPoint, 1, {outputs, 1, width}, {1});
    for (int o = 0; o < outputs; ++o) {
      bench.mapping().initial_sums[static_cast<std::size_t>(o)] = 2 * between(random, 0, 127);
      bench.convolution().requantisation[static_cast<std::size_t>(o)] = {between(random, 1, 2), 1};
    }
    ConvolutionUnit unit = bench.unit();
    const std::vector<Bytes> input{Bytes(static_cast<std::size_t>(width))};
    Bytes output(static_cast<std::size_t>(outputs * width));
    unit.gather(0, pointers(input));
    unit.multiply(output.data());
    Bytes expected;
    for (int x = 0; x < width; ++x) {
      for (std::size_t o = 0; o < static_cast<std::size_t>(outputs); ++o) {
        const int sum = bench.mapping().initial_sums[o];
        expected.push_back(static_cast<std::uint8_t>(bench.convolution().requantisation[o].multiplier * sum / 2));
      }
    }
    REQUIRE(output == expected);
  }
}
