#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reprise {

/// What costs energy: docs/machine.md, section 6, in its order.
enum class Event : std::uint8_t {
  schedule_read,
  input_filter_check,
  input_register_write,
  input_register_read,
  zero_detector_check,
  unit_former_select,
  dac_drive,
  crossbar_read,
  sample_hold_sample,
  adc_convert,
  shift_add_add,
  table_read,
  accumulator_add,
  merge_add,
  requantise_op,
  vector_op,
  buffer_write,
  buffer_read,
  router_hop,
  dma_transfer,
  programming_set,
  programming_reset,
  programming_verify,
  count_
};

constexpr std::size_t kEventCount = static_cast<std::size_t>(Event::count_);

/// The name in configuration and results: "schedule.read".
const char* event_name(Event event);

/// The event of that name, or nothing.
std::optional<Event> find_event(std::string_view name);

/// One integer an event.
class EventCounts {
 public:
  std::uint64_t& operator[](Event event) { return counts_[static_cast<std::size_t>(event)]; }
  std::uint64_t operator[](Event event) const { return counts_[static_cast<std::size_t>(event)]; }

  EventCounts& operator+=(const EventCounts& other) {
    for (std::size_t i = 0; i < kEventCount; ++i) counts_[i] += other.counts_[i];
    return *this;
  }
  EventCounts& operator-=(const EventCounts& other) {
    for (std::size_t i = 0; i < kEventCount; ++i) counts_[i] -= other.counts_[i];
    return *this;
  }
  friend bool operator==(const EventCounts& a, const EventCounts& b) { return a.counts_ == b.counts_; }
  friend bool operator!=(const EventCounts& a, const EventCounts& b) { return !(a == b); }

 private:
  std::array<std::uint64_t, kEventCount> counts_{};
};

}  // namespace reprise
