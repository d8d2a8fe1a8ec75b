#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tlm/activity.h"

namespace reprise {

/// What a window waits for: docs/machine.md, section 5.
struct WindowBounds {
  Cycle loaded = 0;  ///< the weights of its round
  Cycle made = 0;    ///< the inputs, where they come from
  Cycle ready = 0;   ///< the inputs, here; never before `made`
  Cycle credit = 0;
  Cycle turn = 0;
};

/// The recurrence of a layer's windows, over its copies: docs/machine.md, section 5.
class WindowTiming {
 public:
  /// @param copies  at least 1
  explicit WindowTiming(std::size_t copies) : free_(copies) {}

  /// Times count from 0 again.
  void begin_run() {
    std::fill(free_.begin(), free_.end(), Cycle{0});
    start_ = 0;
    finish_ = 0;
  }

  /// The layer's next window, on the copy of that number.
  WindowTimes next(std::size_t copy, const WindowBounds& bounds, Cycle service) {
    WindowTimes times;
    times.delivered = finish_;
    times.previous = free_.at(copy);
    times.loaded = std::max(times.previous, bounds.loaded);
    times.made = std::max(times.loaded, bounds.made);
    times.arrived = std::max(times.made, bounds.ready);
    times.credited = std::max(times.arrived, bounds.credit);
    times.turn = std::max(times.credited, bounds.turn);
    times.start = start_ = std::max(times.turn, start_);
    times.done = times.start + service;
    times.finish = finish_ = free_[copy] = std::max(times.done, finish_);
    return times;
  }

  std::size_t copies() const { return free_.size(); }
  Cycle finish() const { return finish_; }                    ///< of the last window
  Cycle free(std::size_t copy) const { return free_[copy]; }  ///< when its last window was finished

 private:
  std::vector<Cycle> free_;
  Cycle start_ = 0;  ///< of the last window
  Cycle finish_ = 0;
};

}  // namespace reprise
