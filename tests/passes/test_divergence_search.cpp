#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <optional>
#include <random>

#include "compression/passes/divergence_search.h"

using namespace reprise;

namespace {

/// The strongest divergence that fitted.
struct Found {
  std::optional<double> divergence;
  int trials = 0;
};

Found search(double points, const std::function<double(double divergence)>& lost) {
  DivergenceSearch search(points);
  Found found;
  while (!search.is_over()) {
    const double divergence = search.divergence();
    REQUIRE(divergence > 0.002 * std::max(points, 0.25));
    REQUIRE(divergence < 0.8 * std::max(points, 0.25));
    if (!search.tried(lost(divergence))) continue;
    if (found.divergence) REQUIRE(divergence > *found.divergence);
    found.divergence = divergence;
  }
  found.trials = search.trials();
  return found;
}

}  // namespace

TEST_CASE("The first divergence is the middle of the bracket, the next one as far as the loss says") {
  DivergenceSearch search(1.0);
  CHECK(search.divergence() == Approx(0.04));  // sqrt(0.002 x 0.8)
  CHECK(search.tried(0.5));
  CHECK(search.divergence() == Approx(0.04 * 0.88 / 0.5));
  CHECK(search.tried(0.1));
  CHECK(search.divergence() == Approx(0.0704 * 2.5));  // no further than that
  CHECK_FALSE(search.tried(4.0));
  CHECK_FALSE(search.is_over());
  // Between 0.0704 and 0.176, where 0.1 and 4 points are lost.
  CHECK(search.divergence() == Approx(0.0704 * std::pow(2.5, std::log(8.8) / std::log(40.0))));
  CHECK(search.tried(-0.3));  // counts as a tenth of the budget
  CHECK(search.divergence() ==
        Approx(0.176 * std::pow(0.1208 / 0.176, 1 - std::log(8.8) / std::log(40.0))).epsilon(1e-3));
  CHECK_FALSE(search.is_over());
  CHECK(search.tried(0.2));
  CHECK(search.is_over());
}

TEST_CASE("Three quarters of the budget used are enough") {
  DivergenceSearch search(1.0);
  search.tried(0.76);
  CHECK(search.is_over());
  DivergenceSearch beyond(1.0);
  beyond.tried(1.01);
  CHECK_FALSE(beyond.is_over());
}

TEST_CASE("Losses that grow as a power of divergence use three quarters of the budget in at most five trials") {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const double points = std::uniform_real_distribution(0.25, 10.0)(random);
    const double rate = std::uniform_real_distribution(3.0, 40.0)(random);  // points a nat, for a budget of one
    const double power = std::uniform_real_distribution(0.7, 1.6)(random);
    const double middle = 0.04 * points;
    const auto lost = [&](double divergence) { return rate * middle * std::pow(divergence / middle, power); };
    const Found found = search(points, lost);
    REQUIRE(found.trials <= 5);
    REQUIRE(found.divergence);
    REQUIRE(lost(*found.divergence) >= 0.75 * points);
  }
}

TEST_CASE("Something that fits is found wherever it is, even if all else loses just too much") {
  std::mt19937 random(2);
  for (int i = 0; i < 1000; ++i) {
    const double points = std::uniform_real_distribution(0.25, 3.0)(random);
    const double nats = std::uniform_real_distribution(0.2, 5.9)(random);
    const double most = 0.002 * points * std::exp(nats);
    const Found found = search(points, [&](double divergence) { return divergence <= most ? 0.0 : 1.1 * points; });
    REQUIRE(found.trials <= 6);
    REQUIRE(found.divergence);
  }
}

TEST_CASE("Where nothing fits the search ends, also with a budget of nothing") {
  CHECK_FALSE(search(1.0, [](double) { return 2.0; }).divergence);
  CHECK(search(1.0, [](double) { return 2.0; }).trials == 6);
  CHECK_FALSE(search(0.0, [](double) { return 0.1; }).divergence);
  CHECK(search(0.0, [](double) { return 0.0; }).trials == 1);  // all of nothing is used
}

TEST_CASE("Between measured divergences that of a loss, by hand") {
  // Loss grows as the square of divergence, then faster.
  const std::vector<DivergenceLoss> measured{{0.02, 0.25}, {0.04, 1.0}, {0.08, 16.0}};
  CHECK(divergence_at(0.5, measured) == Approx(0.02 * std::sqrt(2.0)));
  CHECK(divergence_at(1.0, measured) == Approx(0.04));
  CHECK(divergence_at(4.0, measured) == Approx(0.04 * std::sqrt(2.0)));
  CHECK(divergence_at(0.125, measured) == Approx(0.01));
  CHECK(divergence_at(100.0, measured) == Approx(0.08));
  CHECK(divergence_at(0.0, measured) < 1e-9);
}

TEST_CASE("Losses that fall while divergences rise are chance") {
  const std::vector<DivergenceLoss> measured{{0.02, 0.5}, {0.05, 0.2}, {0.1, 2.0}, {0.2, 1.0}};
  CHECK(divergence_at(0.5, measured) == Approx(0.02));
  CHECK(divergence_at(1.0, measured) == Approx(0.05 * std::sqrt(2.0)));
  CHECK(divergence_at(3.0, measured) == Approx(0.2));
  CHECK(divergence_at(1.0, {{0.02, -1.0}, {0.05, -0.5}}) == Approx(0.05));
}

TEST_CASE("The divergence of a loss never falls when more may be lost") {
  std::mt19937 engine(1);
  std::uniform_real_distribution<double> draw(-1.0, 4.0);
  for (int trial = 0; trial < 1000; ++trial) {
    const std::vector<DivergenceLoss> measured{{0.02, draw(engine)}, {0.05, draw(engine)}, {0.1, draw(engine)}};
    double last = 0.0;
    for (double points = 0.0; points < 5.0; points += 0.05) {
      const double divergence = divergence_at(points, measured);
      CHECK(divergence >= last);
      CHECK(divergence <= 0.1);
      last = divergence;
    }
  }
}
