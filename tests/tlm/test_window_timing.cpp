#include <catch2/catch.hpp>

#include "tlm/window_timing.h"

using namespace reprise;

TEST_CASE("a window waits for its inputs, its credit and its turn, in that order") {
  WindowTiming timing(1);
  const WindowTimes first = timing.next(0, {0, 10, 15, 0, 0}, 20);
  CHECK(first.previous == 0);
  CHECK(first.made == 10);
  CHECK(first.arrived == 15);
  CHECK(first.start == 15);
  CHECK(first.finish == 35);
  const WindowTimes second = timing.next(0, {0, 11, 16, 50, 57}, 20);
  CHECK(second.previous == 35);
  CHECK(second.made == 35);
  CHECK(second.arrived == 35);
  CHECK(second.credited == 50);
  CHECK(second.turn == 57);
  CHECK(second.start == 57);
  CHECK(second.finish == 77);
  CHECK(timing.next(0, {90, 11, 16, 50, 57}, 20).start == 90);  // its weights come last
  timing.begin_run();
  CHECK(timing.next(0, {0, 1, 2, 0, 0}, 3).finish == 5);
}

TEST_CASE("copies work side by side, begin in order and deliver in order") {
  // The example of docs/machine.md: a first window of 80 holds up what is done before it.
  WindowTiming timing(2);
  CHECK(timing.next(0, {0, 41, 46, 0, 0}, 80).finish == 126);
  const WindowTimes held = timing.next(1, {0, 41, 46, 0, 0}, 57);
  CHECK(held.start == 46);
  CHECK(held.done == 103);
  CHECK(held.finish == 126);
  CHECK(timing.free(1) == 126);
  CHECK(timing.next(0, {0, 41, 200, 0, 0}, 57).start == 200);
  const WindowTimes after =
      timing.next(1, {0, 41, 46, 0, 0}, 57);  // could begin at 126, but not before the one before it
  CHECK(after.turn == 126);
  CHECK(after.start == 200);
  CHECK(timing.finish() == 257);
}
