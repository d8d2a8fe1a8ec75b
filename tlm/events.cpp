#include "tlm/events.h"

namespace reprise {
namespace {

constexpr std::array<const char*, kEventCount> kNames = {
    "schedule.read",      "input_filter.check", "input_register.write", "input_register.read", "zero_detector.check",
    "unit_former.select", "dac.drive",          "crossbar.read",        "sample_hold.sample",  "adc.convert",
    "shift_add.add",      "table.read",         "accumulator.add",      "merge.add",           "requantise.op",
    "vector.op",          "buffer.write",       "buffer.read",          "router.hop",          "dma.transfer",
    "programming.set",    "programming.reset",  "programming.verify",
};

}  // namespace

const char* event_name(Event event) {
  return kNames.at(static_cast<std::size_t>(event));
}

std::optional<Event> find_event(std::string_view name) {
  for (std::size_t i = 0; i < kEventCount; ++i)
    if (name == kNames[i]) return static_cast<Event>(i);
  return std::nullopt;
}

}  // namespace reprise
