#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tlm/row_transfer.h"

namespace reprise {

/// When a window of a layer happened: docs/machine.md, section 5.
struct WindowTimes {
  Cycle delivered = 0;  ///< the layer's window before it was finished
  Cycle previous = 0;   ///< its copy's window before it was finished: the same without replication
  Cycle loaded = 0;     ///< and its round had begun: docs/machine.md, section 5, Rounds
  Cycle made = 0;       ///< and the windows that it needs
  Cycle arrived = 0;    ///< and arrived
  Cycle credited = 0;   ///< and its credit was there
  Cycle turn = 0;       ///< and it was its row's turn
  Cycle start = 0;      ///< and all windows before it had begun
  Cycle done = 0;       ///< after its service
  Cycle finish = 0;     ///< and all windows before it were finished
};

/// A transaction of the DMA.
struct DmaActivity {
  bool write = false;
  Cycle begin = 0;
  Cycle end = 0;
  std::uint64_t bytes = 0;
};

/// A wire or register inside a processing engine: "fetch.unit".
struct Pin {
  std::string name;
  int width = 1;           ///< bits, up to 64
  bool is_signed = false;  ///< two's complement
};

struct PinChange {
  Cycle cycle = 0;        ///< of the window
  std::uint32_t pin = 0;  ///< as they were added
  std::uint64_t value = 0;

  friend bool operator==(const PinChange& a, const PinChange& b) {
    return a.cycle == b.cycle && a.pin == b.pin && a.value == b.value;
  }
};

/// Is told what happens when, for waveforms and timelines. Engines, layers and inputs go by number, cycles count from
/// the start of the image. Nothing is told of the past but what WindowTimes says of waiting.
class ActivityObserver {
 public:
  virtual ~ActivityObserver() = default;

  /// Cycles count from the present moment on.
  virtual void image_begins() {}
  virtual void engine_busy(int /*engine*/, std::uint64_t /*window*/, Cycle /*begin*/, Cycle /*end*/) {}
  /// `pixels` more (or fewer) lie in the buffer from `cycle` on.
  virtual void buffer_changes(int /*layer*/, int /*input*/, Cycle /*cycle*/, long /*pixels*/) {}
  virtual void window(int /*layer*/, std::uint64_t /*window*/, const WindowTimes& /*times*/) {}
  virtual void transfer(const DmaActivity& /*transfer*/) {}

  /// The pins that an engine has, before the simulation starts. `real`: it is modelled at pin level; otherwise they
  /// are reconstructed. The answer says which are wanted; none where it is empty.
  virtual std::vector<bool> add_pins(int /*engine*/, const std::vector<Pin>& /*pins*/, bool /*real*/) { return {}; }
  /// Whether any are wanted in the present image.
  virtual bool wants_pins(int /*engine*/) const { return false; }
  /// What the wanted pins do in the next window that engine_busy() tells of, by cycle.
  /// By value: who keeps them moves them.
  virtual void pin_changes(int /*engine*/, std::vector<PinChange> /*changes*/) {}  // NOLINT(performance-*)
};

}  // namespace reprise
