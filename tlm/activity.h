#pragma once

#include "tlm/row_transfer.h"

namespace reprise {

/// Is told what happens when, for waveforms and timelines. Every cycle given lies at or after the present moment.
class ActivityObserver {
 public:
  virtual ~ActivityObserver() = default;

  /// Cycles count from the present moment on.
  virtual void image_begins() = 0;
  virtual void engine_busy(int engine, Cycle begin, Cycle end) = 0;
  /// `pixels` more (or fewer) lie in the buffer from `cycle` on.
  virtual void buffer_changes(int layer, int input, Cycle cycle, long pixels) = 0;
  virtual void window_begins(int layer, std::uint64_t window, Cycle cycle) = 0;
};

}  // namespace reprise
