#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tlm/row_transfer.h"

namespace reprise {

/// What the windows of a layer do over the time of a run, in equal slots of time. Slots become twice as long whenever
/// the run outgrows them, so that memory and accuracy stay the same however long it takes.
class ActivityProfile {
 public:
  static constexpr std::size_t kSlots = 128;  ///< the most there are

  enum class State : std::uint8_t { busy, waiting_for_input, waiting_for_credit, waiting_for_turn, count_ };
  static constexpr std::size_t kStates = static_cast<std::size_t>(State::count_);
  using Slot = std::array<Cycle, kStates>;

  /// Cycles `begin` up to `end`, the last one not included. Cycles of several windows add up.
  void add(State state, Cycle begin, Cycle end) {
    if (begin >= end) return;
    const Cycle slot = begin >> shift_;
    if (slot == (end - 1) >> shift_ && slot < slots_.size()) {
      slots_[static_cast<std::size_t>(slot)][static_cast<std::size_t>(state)] += end - begin;
    } else {
      add_some(state, begin, end);
    }
  }

  /// Of one slot, a power of two.
  Cycle slot_cycles() const { return Cycle{1} << shift_; }
  /// From cycle 0 on, up to the last one in which there was anything.
  const std::vector<Slot>& slots() const { return slots_; }
  /// Makes slots at least so long. @param cycles  a power of two
  void coarsen_to(Cycle cycles);

  /// Adds what another one counted from its cycle 0 on.
  ActivityProfile& operator+=(ActivityProfile other);
  /// One with these slots. @param slot_cycles  a power of two
  static ActivityProfile of_slots(Cycle slot_cycles, std::vector<Slot> slots);

 private:
  void add_some(State state, Cycle begin, Cycle end);
  void double_slots();

  unsigned shift_ = 0;
  std::vector<Slot> slots_;
};

/// "busy", "waiting_for_input", ...
const char* state_name(ActivityProfile::State state);

}  // namespace reprise
