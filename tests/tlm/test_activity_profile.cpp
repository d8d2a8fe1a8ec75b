#include <catch2/catch.hpp>

#include <random>
#include <tuple>

#include "tlm/activity_profile.h"

using namespace reprise;

using State = ActivityProfile::State;

TEST_CASE("a profile has the cycles of each slot") {
  ActivityProfile profile;
  profile.add(State::busy, 2, 5);
  profile.add(State::waiting_for_input, 0, 2);
  profile.add(State::busy, 4, 6);
  profile.add(State::busy, 7, 7);  // nothing
  CHECK(profile.slot_cycles() == 1);
  REQUIRE(profile.slots().size() == 6);
  CHECK(profile.slots()[0] == ActivityProfile::Slot{0, 1, 0, 0});
  CHECK(profile.slots()[4] == ActivityProfile::Slot{2, 0, 0, 0});
  profile.add(State::waiting_for_turn, 100, 129);  // outgrows 128 slots of one cycle
  CHECK(profile.slot_cycles() == 2);
  REQUIRE(profile.slots().size() == 65);
  CHECK(profile.slots()[0] == ActivityProfile::Slot{0, 2, 0, 0});
  CHECK(profile.slots()[2] == ActivityProfile::Slot{3, 0, 0, 0});
  CHECK(profile.slots()[64] == ActivityProfile::Slot{0, 0, 0, 1});
  profile.coarsen_to(64);
  REQUIRE(profile.slots().size() == 3);
  CHECK(profile.slots()[0] == ActivityProfile::Slot{5, 2, 0, 0});
  CHECK(profile.slots()[1] == ActivityProfile::Slot{0, 0, 0, 28});
}

TEST_CASE("a profile agrees with cycles counted one by one, however long it gets") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    ActivityProfile profile;
    std::vector<std::tuple<State, Cycle, Cycle>> added;
    const Cycle longest = Cycle{1} << (1 + round % 14);
    Cycle end = 0;
    for (int i = 0; i < 30; ++i) {
      const Cycle begin = random() % longest;
      const Cycle behind = begin + random() % (longest / 2 + 1);
      added.emplace_back(static_cast<State>(random() % ActivityProfile::kStates), begin, behind);
      profile.add(std::get<0>(added.back()), begin, behind);
      if (behind > begin) end = std::max(end, behind);
    }
    const Cycle width = profile.slot_cycles();
    REQUIRE(profile.slots().size() == (end + width - 1) / width);
    REQUIRE(profile.slots().size() <= ActivityProfile::kSlots);
    CHECK((width == 1 || end > width / 2 * ActivityProfile::kSlots));  // no longer than they must be
    std::vector<ActivityProfile::Slot> counted(profile.slots().size());
    for (const auto& [state, begin, behind] : added) {
      for (Cycle cycle = begin; cycle < behind; ++cycle) {
        ++counted[static_cast<std::size_t>(cycle / width)][static_cast<std::size_t>(state)];
      }
    }
    REQUIRE(profile.slots() == counted);
  }
}
