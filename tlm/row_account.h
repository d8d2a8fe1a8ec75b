#pragma once

#include <array>
#include <cstddef>

#include "tlm/activity.h"
#include "tlm/activity_profile.h"

namespace reprise {

/// What the windows of a row did and waited for, summed up as they come, since there are thousands of them an image:
/// waits to be counted once for the row, and spans of a profile that follow one another as one.
class RowAccount {
 public:
  Cycle busy = 0;
  Cycle for_reload = 0;
  Cycle for_making = 0;   ///< of inputs
  Cycle for_arrival = 0;  ///< of inputs that are made
  Cycle for_credit = 0;
  Cycle for_turn = 0;
  Cycle for_order = 0;

  /// @param profile  is complete once the account is gone
  explicit RowAccount(ActivityProfile& profile) : profile_(profile) {}
  ~RowAccount() {
    for (std::size_t state = 0; state < spans_.size(); ++state) pass_on(state);
  }
  RowAccount(const RowAccount&) = delete;
  RowAccount& operator=(const RowAccount&) = delete;

  void add(const WindowTimes& times, Cycle service) {
    using State = ActivityProfile::State;
    busy += service;
    for_reload += times.loaded - times.previous;
    for_making += times.made - times.loaded;
    for_arrival += times.arrived - times.made;
    for_credit += times.credited - times.arrived;
    for_turn += times.turn - times.credited;
    for_order += times.start - times.turn + times.finish - times.done;
    add(State::waiting_for_input, times.loaded, times.arrived);
    add(State::waiting_for_credit, times.arrived, times.credited);
    add(State::waiting_for_turn, times.credited, times.turn);
    add(State::busy, times.start, times.done);
  }

 private:
  struct Span {
    Cycle begin = 0;
    Cycle end = 0;
  };

  void add(ActivityProfile::State state, Cycle begin, Cycle end) {
    if (begin >= end) return;
    Span& span = spans_[static_cast<std::size_t>(state)];
    if (begin != span.end) {
      pass_on(static_cast<std::size_t>(state));
      span.begin = begin;
    }
    span.end = end;
  }

  void pass_on(std::size_t state) {
    profile_.add(static_cast<ActivityProfile::State>(state), spans_[state].begin, spans_[state].end);
  }

  ActivityProfile& profile_;
  std::array<Span, ActivityProfile::kStates> spans_{};
};

}  // namespace reprise
