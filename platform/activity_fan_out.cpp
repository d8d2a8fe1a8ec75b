#include "platform/activity_fan_out.h"

#include <algorithm>

namespace reprise {

void ActivityFanOut::image_begins() {
  for (ActivityObserver* observer : observers_) observer->image_begins();
}

void ActivityFanOut::engine_busy(int engine, std::uint64_t window, Cycle begin, Cycle end) {
  for (ActivityObserver* observer : observers_) observer->engine_busy(engine, window, begin, end);
}

void ActivityFanOut::buffer_changes(int layer, int input, Cycle cycle, long pixels) {
  for (ActivityObserver* observer : observers_) observer->buffer_changes(layer, input, cycle, pixels);
}

void ActivityFanOut::window(int layer, std::uint64_t window, const WindowTimes& times) {
  for (ActivityObserver* observer : observers_) observer->window(layer, window, times);
}

void ActivityFanOut::transfer(const DmaActivity& transfer) {
  for (ActivityObserver* observer : observers_) observer->transfer(transfer);
}

std::vector<bool> ActivityFanOut::add_pins(int engine, const std::vector<Pin>& pins, bool real) {
  std::vector<bool> wanted(pins.size());
  for (ActivityObserver* observer : observers_) {
    const std::vector<bool> by_one = observer->add_pins(engine, pins, real);
    for (std::size_t pin = 0; pin < by_one.size(); ++pin) wanted[pin] = wanted[pin] || by_one[pin];
  }
  return wanted;
}

bool ActivityFanOut::wants_pins(int engine) const {
  return std::any_of(observers_.begin(), observers_.end(),
                     [engine](const ActivityObserver* observer) { return observer->wants_pins(engine); });
}

void ActivityFanOut::pin_changes(int engine, std::vector<PinChange> changes) {
  for (ActivityObserver* observer : observers_) {
    if (observer->wants_pins(engine)) observer->pin_changes(engine, changes);
  }
}

}  // namespace reprise
