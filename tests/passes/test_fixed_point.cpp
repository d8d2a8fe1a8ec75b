#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <random>

#include "compression/passes/fixed_point.h"
#include "support/error.h"

using namespace reprise;

namespace {

double real(const FixedPoint& factor) {
  return std::ldexp(factor.multiplier, -factor.shift);
}

}  // namespace

TEST_CASE("Fixed-point factors have 31 significant bits") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-32.0, 29.0);
  for (int i = 0; i < 100000; ++i) {
    const double factor = std::exp2(exponent(random)) * (i % 2 == 0 ? 1.0 : -1.0);
    const FixedPoint fixed = fixed_point(factor);
    INFO("factor " << factor);
    REQUIRE(std::abs(std::int64_t{fixed.multiplier}) >= std::int64_t{1} << 30);
    REQUIRE(fixed.shift >= 1);
    REQUIRE(fixed.shift <= 62);
    REQUIRE(std::abs(real(fixed) - factor) <= std::abs(factor) * std::ldexp(1.0, -31));
  }
}

TEST_CASE("Fixed-point factors at the ends") {
  CHECK(fixed_point(1.0).multiplier == 1 << 30);
  CHECK(fixed_point(1.0).shift == 30);
  CHECK(real(fixed_point(std::nextafter(1.0, 0.0))) == 1.0);  // would round to 2^31
  CHECK(real(fixed_point(std::nextafter(std::ldexp(1.0, 29), 0.0))) == std::ldexp(1.0, 29));
  CHECK(fixed_point(0.0).multiplier == 0);
  CHECK(fixed_point(std::ldexp(1.0, -40)).multiplier == 1 << 22);
  CHECK(fixed_point(std::ldexp(1.0, -40)).shift == 62);
  CHECK(fixed_point(std::ldexp(1.0, -64)).multiplier == 0);
  CHECK(fixed_point(-1e-300).multiplier == 0);
  CHECK_THROWS_AS(fixed_point(std::ldexp(1.0, 29)), InputError);
  CHECK_THROWS_AS(fixed_point(-1e30), InputError);
  CHECK_THROWS_AS(fixed_point(std::numeric_limits<double>::infinity()), InputError);
  CHECK_THROWS_AS(fixed_point(std::nan("")), InputError);
}
