#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "compression/passes/allowance_search.h"

using namespace reprise;

TEST_CASE("The first attempt is what was asked for, the next goes as far as the share that came back says") {
  AllowanceSearch search(0.6, 8.0);
  CHECK(search.allowance() == 8.0);
  SECTION("less far") {
    CHECK_FALSE(search.tried(1.85));
    CHECK(search.allowance() == Approx(0.85 * 0.6 * 8.6 / 1.85 - 0.6));  // 1.77
  }
  SECTION("less far by three tenths at least") {
    CHECK_FALSE(search.tried(0.61));
    CHECK(search.allowance() == Approx(0.7 * 8.0));
  }
  SECTION("never less than nothing") {
    CHECK_FALSE(search.tried(60.0));
    CHECK(search.allowance() == 0.0);
    CHECK_FALSE(search.is_over());
  }
  SECTION("further, within bounds") {
    CHECK(search.tried(-0.1));
    CHECK(search.allowance() == Approx(1.6 * 8.0));
    CHECK_FALSE(search.is_over());
  }
  SECTION("no further for little") {
    CHECK(search.tried(0.5));
    CHECK(search.is_over());
  }
}

TEST_CASE("Between an attempt that fitted and one that did not the next lies on a straight line") {
  AllowanceSearch search(0.6, 8.0);
  SECTION("the one that fitted first") {
    search.tried(-0.1);
    CHECK_FALSE(search.tried(0.9));                       // at 12.8
    CHECK(search.allowance() == Approx(8 + 0.61 * 4.8));  // 0.51 points are 0.61 above -0.1, 0.9 a whole point
  }
  SECTION("the other one first") {
    search.tried(6.8);
    CHECK(search.allowance() == Approx(0.045));
    CHECK(search.tried(0.3));
    CHECK(search.allowance() == Approx(0.045 + 0.21 / 6.5 * 7.955));
  }
  CHECK_FALSE(search.is_over());
  search.tried(0.5);
  CHECK(search.is_over());
}

TEST_CASE("Nothing is tried twice") {
  AllowanceSearch search(0.5, 0.0);
  search.tried(GENERATE(-1.0, 1.0));
  CHECK(search.is_over());
}

TEST_CASE("Whatever attempts say, a search keeps between them and ends after three") {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> points(0.0, 10.0);
  std::normal_distribution<double> noise(0.0, 1.0);
  for (int round = 0; round < 5000; ++round) {
    const double budget = points(random) / 5;
    const double slope = points(random) / 10;
    AllowanceSearch search(budget, points(random));
    double fit = 0.0;
    double misfit = 1000.0;
    int attempts = 0;
    while (!search.is_over()) {
      const double allowance = search.allowance();
      REQUIRE(allowance >= fit);
      REQUIRE(allowance <= misfit);
      if (search.tried(slope * allowance - 1 + noise(random))) {
        fit = allowance;
      } else {
        misfit = allowance;
      }
      REQUIRE(++attempts <= 3);
    }
  }
}
