#pragma once

#include <vector>

#include "tlm/activity.h"

namespace reprise {

/// Tells several observers.
class ActivityFanOut final : public ActivityObserver {
 public:
  /// @param observer outlives this one
  void add(ActivityObserver& observer) { observers_.push_back(&observer); }
  bool empty() const { return observers_.empty(); }

  void image_begins() override;
  void engine_busy(int engine, std::uint64_t window, Cycle begin, Cycle end) override;
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override;
  void window(int layer, std::uint64_t window, const WindowTimes& times) override;
  void transfer(const DmaActivity& transfer) override;
  std::vector<bool> add_pins(int engine, const std::vector<Pin>& pins, bool real) override;
  bool wants_pins(int engine) const override;
  void pin_changes(int engine, std::vector<PinChange> changes) override;

 private:
  std::vector<ActivityObserver*> observers_;
};

}  // namespace reprise
