#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "support/normal_quantiles.h"

using reprise::normal_quantiles;

TEST_CASE("normal quantiles: of known probabilities, ascending and symmetric") {
  const std::vector<double>& z = normal_quantiles();
  REQUIRE(z.size() == 65536);
  CHECK(std::is_sorted(z.begin(), z.end()));
  CHECK(z[0] == Approx(-4.324919040826044).epsilon(1e-12));
  CHECK(z[39536] == Approx(0.2618439255496285).epsilon(1e-12));
  double squares = 0.0;
  for (std::size_t r = 0; r < z.size(); ++r) {
    CHECK_FALSE(z[r] != -z[65535 - r]);
    squares += z[r] * z[r];
  }
  CHECK(squares / 65536 == Approx(1.0).epsilon(1e-3));
}
