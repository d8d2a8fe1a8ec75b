#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "compression/passes/activation_range.h"

using namespace reprise;

namespace {

ObservedValues observed(const std::vector<float>& values) {
  ObservedValues result;
  result.extend(values);
  result.count(values);
  return result;
}

double square_error(const std::vector<float>& values, const Range& range) {
  const Quantisation q = quantisation_for(range);
  double sum = 0.0;
  for (const float value : values) sum += std::pow(value - q.scale * (stored_value(value, q) - q.zero_point), 2);
  return sum;
}

}  // namespace

TEST_CASE("Real zero is exactly representable and the range is covered") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> magnitude(-8.0, 8.0);
  for (int i = 0; i < 20000; ++i) {
    const double low = i % 3 == 0 ? 0.0 : -std::exp(magnitude(random));
    const double high = i % 5 == 0 ? 0.0 : std::exp(magnitude(random));
    const Quantisation q = quantisation_for({low, high});
    INFO("range " << low << " .. " << high);
    REQUIRE(q.zero_point >= 0);
    REQUIRE(q.zero_point <= 255);
    REQUIRE(stored_value(0.0, q) == q.zero_point);
    for (const double end : {low, high}) {
      REQUIRE(std::abs(q.scale * (stored_value(end, q) - q.zero_point) - end) <= 0.5001 * q.scale);
    }
  }
}

TEST_CASE("Stored values saturate, also for infinities") {
  const Quantisation q = quantisation_for({-1.0, 1.55});
  CHECK(q.scale == Approx(0.01));
  CHECK(q.zero_point == 100);
  CHECK(stored_value(0.25, q) == 125);
  CHECK(stored_value(9.0, q) == 255);
  CHECK(stored_value(-std::numeric_limits<double>::infinity(), q) == 0);
  CHECK(stored_value(std::numeric_limits<double>::infinity(), q) == 255);
  CHECK(quantisation_for({}).scale == 1.0);
}

TEST_CASE("The observed extent always holds zero") {
  CHECK(observed({1.0F, 3.0F}).min_max().low == 0.0);
  CHECK(observed({-4.0F, -3.0F}).min_max().high == 0.0);
  const ObservedValues zeros = observed({0.0F, 0.0F});
  for (const Range& range : {zeros.min_max(), zeros.percentile(99.0), zeros.least_square_error()}) {
    CHECK(range.width() == 0.0);
  }
}

TEST_CASE("A percentile cuts that share off each end") {
  std::vector<float> values;
  for (int i = -1000; i <= 1000; ++i) values.push_back(static_cast<float>(i) / 1000.0F);
  const Range range = observed(values).percentile(95.0);
  CHECK(range.low == Approx(-0.9).margin(0.002));
  CHECK(range.high == Approx(0.9).margin(0.002));
  CHECK(observed(values).percentile(100.0).high == Approx(1.0));
  values.resize(values.size() + 100000, 0.0F);  // zeros are exact under any range and do not count
  CHECK(observed(values).percentile(95.0).high == Approx(0.9).margin(0.002));
}

TEST_CASE("The least square error is never worse than the full range, and far better with outliers") {
  for (unsigned seed = 0; seed < 50; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::student_t_distribution<float> heavy_tails(2.5F);
    std::vector<float> values(20000);
    for (float& value : values) value = heavy_tails(random);
    const ObservedValues seen = observed(values);
    const double least = square_error(values, seen.least_square_error());
    REQUIRE(least <= 1.01 * square_error(values, seen.min_max()));
  }
  std::vector<float> values(100000);
  std::mt19937 random(0);
  std::normal_distribution<float> normal;
  for (float& value : values) value = normal(random);
  values.push_back(20.0F);
  const ObservedValues seen = observed(values);
  CHECK(seen.least_square_error().high < 19.0);
  CHECK(square_error(values, seen.least_square_error()) < 0.9 * square_error(values, seen.min_max()));
}
