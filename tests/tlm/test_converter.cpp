// The converters by hand, and the draws of their noise against an implementation in another language.
#include <catch2/catch.hpp>

#include <cmath>

#include "support/error.h"
#include "support/normal_quantiles.h"
#include "tlm/converter.h"

using namespace reprise;

namespace {

using Values = std::vector<std::uint32_t>;

constexpr std::int64_t kRow = 65536;

/// Of sums 0, 1, 2, ... with so many 2^-16 rows added.
Values values_of(const AdcConfig& adc, std::uint32_t sums, std::int64_t added = 0) {
  const Converter converter(adc, 9, 1);
  Values values;
  for (std::uint32_t sum = 0; sum < sums; ++sum) values.push_back(converter.value(sum, added));
  return values;
}

AdcConfig transfer(const std::vector<double>& curve, int bits = 4) {
  AdcConfig adc{AdcKind::transfer, bits};
  adc.curve = curve;
  return adc;
}

}  // namespace

TEST_CASE("converter: linear and ideal, rounded to the nearest code") {
  CHECK(values_of({AdcKind::linear, 2}, 6) == Values{0, 1, 2, 3, 3, 3});
  CHECK(values_of({AdcKind::ideal, 2}, 6) == Values{0, 1, 2, 3, 4, 5});
  CHECK(values_of({AdcKind::linear, 2}, 4, kRow / 2) == Values{1, 2, 3, 3});
  CHECK(values_of({AdcKind::linear, 2}, 4, kRow / 2 - 1) == Values{0, 1, 2, 3});
  CHECK(values_of({AdcKind::linear, 2}, 4, -kRow / 2) == Values{0, 1, 2, 3});
  CHECK(values_of({AdcKind::linear, 2}, 4, -kRow / 2 - 1) == Values{0, 0, 1, 2});
  CHECK(values_of({AdcKind::linear, 2}, 4, -100 * kRow) == Values{0, 0, 0, 0});
}

TEST_CASE("converter: the worked example of a curve") {
  CHECK(values_of(transfer({0, 1, 1.5}), 4) == Values{0, 1, 2, 2});
  CHECK(values_of(transfer({0, 1, 1.5}), 4, -kRow / 4) == Values{0, 1, 1, 2});
}

TEST_CASE("converter: curves need not rise, and are straight beyond their ends") {
  CHECK(values_of(transfer({5, 3, 4}), 5) == Values{5, 3, 4, 5, 6});
  CHECK(values_of(transfer({5, 3, 4}), 5, -2 * kRow) == Values{9, 7, 5, 3, 4});
  CHECK(values_of(transfer({0, 7}, 3), 3) == Values{0, 7, 7});
}

TEST_CASE("converter: gain, offset and integral non-linearity") {
  AdcConfig adc{AdcKind::transfer, 4};
  adc.gain = 0.5;
  adc.offset = 1.0;
  CHECK(values_of(adc, 5) == Values{1, 2, 2, 3, 3});  // 1, 1.5, 2, 2.5, 3
  // t (1 - t) (9 + 18 t) at t = s / 9: s = 3: 2/9 * 15 = 3.33; s = 6: 2/9 * 21 = 4.67; s = 9: 0.
  adc.gain = 1.0;
  adc.offset = 0.0;
  adc.inl = std::vector<double>{9, 18};
  const Values values = values_of(adc, 10);
  CHECK(values[0] == 0);
  CHECK(values[3] == 6);
  CHECK(values[6] == 11);
  CHECK(values[9] == 9);
}

TEST_CASE("converter: codes stand for values") {
  AdcConfig adc{AdcKind::linear, 2};
  adc.values = std::vector<double>{3, 0, 100, 7};
  CHECK(values_of(adc, 5) == Values{3, 0, 100, 7, 7});
}

TEST_CASE("converter: offsets by number, given from the beginning again, or drawn") {
  AdcConfig adc{AdcKind::linear, 4};
  CHECK_FALSE(Converter(adc, 9, 2).has_offsets());
  adc.offsets = AdcOffsetConfig{std::vector<double>{0.25, -1.0, 2.0}, {}, 1};
  const Converter given(adc, 9, 2);  // engine 1: numbers 2 and 3
  CHECK(given.has_offsets());
  CHECK(given.offset(0, 0) == kRow / 4);
  CHECK(given.offset(0, 1) == -kRow);
  CHECK(given.offset(0, 2) == kRow / 4);
  CHECK(given.offset(1, 0) == 2 * kRow);
  CHECK(given.offset(1, 1) == kRow / 4);
  adc.offsets = AdcOffsetConfig{{}, 1.0, 1};
  const Converter drawn(adc, 9, 2);  // 24129 and 59901 of 65536
  CHECK(static_cast<double>(drawn.offset(0, 0)) / 65536.0 == Approx(-0.33666).margin(1e-4));
  CHECK(static_cast<double>(drawn.offset(0, 1)) / 65536.0 == Approx(1.36596).margin(1e-4));
}

TEST_CASE("noise is drawn by place alone") {
  const ConversionNoise noise({0.5, 1});
  const std::uint64_t key = noise.window_key(0, 0, 0);
  CHECK(ConversionNoise::draw(ConversionNoise::activation_key(key, 0, 0), 0) == 46017);
  CHECK(ConversionNoise::draw(ConversionNoise::activation_key(key, 0, 0), 1) == 31576);
  const ConversionNoise other({0.5, 7});
  const std::uint64_t elsewhere = ConversionNoise::activation_key(other.window_key(3, 2, 50), 6, 1);
  CHECK(ConversionNoise::draw(elsewhere, 12345) == 36720);
  CHECK(noise.amounts()[39536] == 8580);  // 0.5 * 0.26184 * 65536
  CHECK(noise.amounts()[0] == -141719);
}

namespace {

/// What is drawn for the first columns of some activations, in standard deviations: [activation][column].
std::vector<std::vector<double>> draws(std::size_t activations, std::uint32_t columns) {
  const std::vector<double>& quantiles = normal_quantiles();
  const ConversionNoise noise({1.0, 1});
  std::vector<std::vector<double>> all(activations);
  for (std::size_t a = 0; a < activations; ++a) {
    const std::uint64_t window = noise.window_key(a / 4096, a / 512 % 8, a / 8 % 64);
    const std::uint64_t key = ConversionNoise::activation_key(window, static_cast<unsigned>(a % 8), 0);
    for (std::uint32_t c = 0; c < columns; ++c) all[a].push_back(quantiles[ConversionNoise::draw(key, c)]);
  }
  return all;
}

constexpr std::size_t kActivations = 16384;
constexpr std::uint32_t kColumns = 128;

/// Of the mean of products of so many numbers that have nothing to do with one another, in standard deviations.
double deviation(double sum, double count) {
  return sum / std::sqrt(count);
}

}  // namespace

TEST_CASE("noise is normal: mean, variance, shape and tails") {
  double sums[4] = {};
  std::size_t beyond[5] = {};
  for (const auto& activation : draws(kActivations, kColumns)) {
    for (const double z : activation) {
      sums[0] += z;
      sums[1] += (z * z - 1.0) / std::sqrt(2.0);
      sums[2] += z * z * z / std::sqrt(15.0);
      sums[3] += (z * z * z * z - 3.0) / std::sqrt(96.0);
      for (std::size_t k = 0; k < 5; ++k) beyond[k] += std::abs(z) > static_cast<double>(k) ? 1 : 0;
    }
  }
  const auto count = static_cast<double>(kActivations * kColumns);
  for (const double sum : sums) CHECK(std::abs(deviation(sum, count)) < 4.0);
  for (std::size_t k = 1; k < 5; ++k) {
    const double expected = count * std::erfc(static_cast<double>(k) / std::sqrt(2.0));
    INFO("beyond " << k << " standard deviations");
    CHECK(static_cast<double>(beyond[k]) == Approx(expected).margin(4.0 * std::sqrt(expected)));
  }
}

TEST_CASE("noise of one conversion says nothing of another: columns, bits, windows, layers and images") {
  const auto all = draws(kActivations, kColumns);
  const auto related = [&](std::size_t activations_apart, std::size_t columns_apart, bool squares) {
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t a = 0; a + activations_apart < kActivations; ++a) {
      for (std::size_t c = 0; c + columns_apart < kColumns; ++c, ++count) {
        const double x = all[a][c];
        const double y = all[a + activations_apart][c + columns_apart];
        sum += squares ? (x * x - 1.0) * (y * y - 1.0) / 2.0 : x * y;
      }
    }
    return std::abs(deviation(sum, static_cast<double>(count)));
  };
  for (const std::size_t columns : {1U, 2U, 3U, 4U, 7U, 8U, 16U, 31U, 64U}) {
    INFO("columns " << columns << " apart");
    CHECK(related(0, columns, false) < 4.5);
    CHECK(related(0, columns, true) < 4.5);
  }
  for (const std::size_t activations : {1U, 2U, 7U, 8U, 64U, 512U, 4096U}) {
    INFO("activations " << activations << " apart");
    CHECK(related(activations, 0, false) < 4.5);
    CHECK(related(activations, 0, true) < 4.5);
    CHECK(related(activations, 1, false) < 4.5);
  }
}

TEST_CASE("noise of many conversions adds up like that of independent ones") {
  const auto all = draws(kActivations, kColumns);
  for (const std::size_t columns : {2U, 8U, 32U, kColumns}) {
    for (const double base : {1.0, 2.0}) {  // bitlines weigh 1, 2, 4, ... in a slot of eight
      double variance = 0.0;
      double expected = 0.0;
      for (std::size_t c = 0; c < columns; ++c) expected += std::pow(base, 2.0 * static_cast<double>(c % 8));
      for (const auto& activation : all) {
        double sum = 0.0;
        for (std::size_t c = 0; c < columns; ++c) sum += activation[c] * std::pow(base, static_cast<double>(c % 8));
        variance += sum * sum / static_cast<double>(kActivations);
      }
      INFO(columns << " columns, weights " << base);
      CHECK(variance == Approx(expected).epsilon(4.5 * std::sqrt(2.0 / static_cast<double>(kActivations))));
    }
  }
}

TEST_CASE("converters that contradict themselves are refused") {
  const auto fault = [](AdcConfig adc, const char* text) {
    INFO(text);
    CHECK_THROWS_WITH(check(adc), Catch::Contains(text));
  };
  AdcConfig linear;
  CHECK_NOTHROW(check(linear));
  CHECK_NOTHROW(check(transfer({0, 1})));
  fault({AdcKind::transfer, 4}, "platform.adc.kind: a transfer needs");
  fault(transfer({0}), "platform.adc.curve");
  AdcConfig both = transfer({0, 1});
  both.gain = 2.0;
  fault(both, "not together");
  linear.curve = std::vector<double>{0, 1};
  fault(linear, "only with kind: transfer");
  AdcConfig values{AdcKind::linear, 2};
  values.values = std::vector<double>{0, 1, 2};
  fault(values, "each of the 4 codes");
  values.values = std::vector<double>{0, 1, 2, 2.5};
  fault(values, "whole number");
  AdcConfig offsets;
  offsets.offsets = AdcOffsetConfig{};
  fault(offsets, "either given or sigma");
  offsets.offsets = AdcOffsetConfig{std::vector<double>{}, {}, 1};
  fault(offsets, "is empty");
}
