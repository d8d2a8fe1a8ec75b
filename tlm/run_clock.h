#pragma once

#include <systemc>

#include "tlm/row_transfer.h"

namespace reprise {

/// Cycles of the run and simulated time.
class RunClock {
 public:
  explicit RunClock(const sc_core::sc_time& period) : period_(period) {}

  /// Cycle 0 is now.
  void begin_run() { origin_ = sc_core::sc_time_stamp(); }
  /// The cycle that has begun.
  Cycle now() const { return (sc_core::sc_time_stamp() - origin_).value() / period_.value(); }
  /// From now to the beginning of `cycle`; zero if it has passed.
  sc_core::sc_time until(Cycle cycle) const {
    const sc_core::sc_time moment = origin_ + sc_core::sc_time::from_value(cycle * period_.value());
    return moment > sc_core::sc_time_stamp() ? moment - sc_core::sc_time_stamp() : sc_core::SC_ZERO_TIME;
  }

 private:
  const sc_core::sc_time period_;
  sc_core::sc_time origin_;
};

}  // namespace reprise
