// The converters by hand, and the draws of their noise against an implementation in another language.
#include <catch2/catch.hpp>

#include "support/error.h"
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
  CHECK(ConversionNoise::draw(ConversionNoise::activation_key(key, 0, 0), 0) == 39536);
  CHECK(ConversionNoise::draw(ConversionNoise::activation_key(key, 0, 0), 1) == 41058);
  const ConversionNoise other({0.5, 7});
  const std::uint64_t elsewhere = ConversionNoise::activation_key(other.window_key(3, 2, 50), 6, 1);
  CHECK(ConversionNoise::draw(elsewhere, 12345) == 58837);
  CHECK(noise.amounts()[39536] == 8580);  // 0.5 * 0.26184 * 65536
  CHECK(noise.amounts()[0] == -141719);
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
