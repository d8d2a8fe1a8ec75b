// An account of a row against the same counted window by window.
#include <catch2/catch.hpp>

#include <random>

#include "tlm/row_account.h"
#include "tlm/window_timing.h"

using namespace reprise;

TEST_CASE("two windows that follow one another are one span, by hand") {
  ActivityProfile profile;
  {
    RowAccount account(profile);
    // Loaded at 0, inputs made at 3 and here at 5, credit at 6, turn at 6: busy from 6 to 16; then from 16 to 20.
    account.add({0, 0, 0, 3, 5, 6, 6, 6, 16, 16}, 10);
    account.add({16, 16, 16, 16, 16, 16, 16, 16, 20, 22}, 4);
    CHECK(account.busy == 14);
    CHECK(account.for_making == 3);
    CHECK(account.for_arrival == 2);
    CHECK(account.for_credit == 1);
    CHECK(account.for_turn == 0);
    CHECK(account.for_order == 2);
    CHECK(account.for_reload == 0);
  }
  Cycle busy = 0;
  for (const ActivityProfile::Slot& slot : profile.slots()) busy += slot[0];
  CHECK(busy == 14);
}

TEST_CASE("a profile by rows is the profile by windows") {
  std::mt19937 random(3);
  const auto below = [&random](Cycle end) { return std::uniform_int_distribution<Cycle>(0, end - 1)(random); };
  for (int run = 0; run < 300; ++run) {
    ActivityProfile by_rows;
    ActivityProfile by_windows;
    const std::size_t copies = 1 + below(3);
    WindowTiming timing(copies);
    for (int row = 0; row < 10; ++row) {
      RowAccount account(by_rows);
      const WindowBounds bounds{below(50), below(1000), below(1000), below(1000), below(1000)};
      for (std::size_t x = 0; x < 12; ++x) {
        const Cycle service = below(40);
        const WindowTimes times = timing.next(x % copies, bounds, service);
        account.add(times, service);
        by_windows.add(ActivityProfile::State::busy, times.start, times.done);
        by_windows.add(ActivityProfile::State::waiting_for_input, times.loaded, times.arrived);
        by_windows.add(ActivityProfile::State::waiting_for_credit, times.arrived, times.credited);
        by_windows.add(ActivityProfile::State::waiting_for_turn, times.credited, times.turn);
      }
    }
    REQUIRE(by_rows.slot_cycles() == by_windows.slot_cycles());
    REQUIRE(by_rows.slots() == by_windows.slots());
  }
}
