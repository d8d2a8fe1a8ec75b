#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "compression/passes/parallel.h"

using reprise::in_parallel;

TEST_CASE("Work in parallel is done once each, also from within such work") {
  std::vector<std::atomic<int>> done(40 * 30);
  in_parallel(40, [&](std::size_t outer) { in_parallel(30, [&](std::size_t inner) { ++done[outer * 30 + inner]; }); });
  for (const auto& count : done) CHECK(count == 1);
  in_parallel(0, [](std::size_t) { FAIL("there is no work"); });
}

TEST_CASE("What work in parallel throws comes out, and the next work starts afresh") {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> running{0};
    const auto work = [&](std::size_t job) {
      ++running;
      if (job == 5) in_parallel(3, [](std::size_t) { throw std::runtime_error("five"); });
      --running;
    };
    CHECK_THROWS_WITH(in_parallel(100, work), "five");
    CHECK(running == 1);  // all others have ended, and so has the call
  }
}
