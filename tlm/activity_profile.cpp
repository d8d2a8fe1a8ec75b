#include "tlm/activity_profile.h"

#include <algorithm>
#include <utility>

namespace reprise {

void ActivityProfile::add_some(State state, Cycle begin, Cycle end) {
  while ((end - 1) >> shift_ >= kSlots) double_slots();
  const auto last = static_cast<std::size_t>((end - 1) >> shift_);
  if (slots_.size() <= last) slots_.resize(last + 1);
  for (auto slot = static_cast<std::size_t>(begin >> shift_); slot <= last; ++slot) {
    const Cycle slot_begin = static_cast<Cycle>(slot) << shift_;
    slots_[slot][static_cast<std::size_t>(state)] +=
        std::min(end, slot_begin + slot_cycles()) - std::max(begin, slot_begin);
  }
}

void ActivityProfile::coarsen_to(Cycle cycles) {
  while (slot_cycles() < cycles) double_slots();
}

ActivityProfile& ActivityProfile::operator+=(ActivityProfile other) {
  coarsen_to(other.slot_cycles());
  other.coarsen_to(slot_cycles());
  slots_.resize(std::max(slots_.size(), other.slots_.size()));
  for (std::size_t i = 0; i < other.slots_.size(); ++i) {
    for (std::size_t state = 0; state < kStates; ++state) slots_[i][state] += other.slots_[i][state];
  }
  return *this;
}

ActivityProfile ActivityProfile::of_slots(Cycle slot_cycles, std::vector<Slot> slots) {
  ActivityProfile profile;
  profile.coarsen_to(slot_cycles);
  profile.slots_ = std::move(slots);
  return profile;
}

void ActivityProfile::double_slots() {
  ++shift_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot from = slots_[i];
    Slot& to = slots_[i / 2];
    if (i % 2 == 0) to = {};
    for (std::size_t state = 0; state < kStates; ++state) to[state] += from[state];
  }
  slots_.resize((slots_.size() + 1) / 2);
}

const char* state_name(ActivityProfile::State state) {
  constexpr std::array<const char*, ActivityProfile::kStates> kNames{"busy", "waiting_for_input", "waiting_for_credit",
                                                                     "waiting_for_turn"};
  return kNames.at(static_cast<std::size_t>(state));
}

}  // namespace reprise
