#include "rtl_models/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/error.h"

namespace reprise::rtl {

Router::Router(const sc_core::sc_module_name& name, const RouterConfig& config) : sc_module(name), config_(config) {
  if (config.router_cycles < 1 || config.buffer_packets < 1) {
    throw InputError(fmt::format("router: router_cycles {} and buffer_packets {}, expected at least 1",
                                 config.router_cycles, config.buffer_packets));
  }
  for (Input& input : inputs_) input.stages.resize(static_cast<std::size_t>(config.router_cycles - 1));
  for (Output& output : outputs_) output.places = config.buffer_packets;
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

bool Router::idle() const {
  return std::all_of(inputs_.begin(), inputs_.end(), [](const Input& input) { return input.packets == 0; });
}

void Router::step() {
  std::array<bool, kSides> leaving{};
  for (std::size_t i = 0; i < kSides; ++i) {
    take(i);
    if (left_next[i].read()) ++outputs_[i].places;
  }
  // All outputs look at the inputs before any flit leaves: an input sends one at a time.
  for (std::size_t o = 0; o < kSides; ++o) {
    if (!outputs_[o].input) arbitrate(o);
  }
  for (std::size_t o = 0; o < kSides; ++o) send(o, leaving);
  for (std::size_t i = 0; i < kSides; ++i) left[i].write(leaving[i]);
  ++cycle_;
}

/// What was on the link goes into the first stage, what leaves the last stage into the queue.
void Router::take(std::size_t input) {
  Input& at = inputs_[input];
  check(at, in[input].read());
  at.stages.push_back({in[input].read(), cycle_});
  if (at.stages.front().flit.valid) at.queue.push_back(std::move(at.stages.front()));
  at.stages.pop_front();
}

void Router::check(Input& input, const Flit& flit) {
  if (!flit.valid) return;
  if (flit.head == input.open) {
    SC_REPORT_ERROR(name(), flit.head ? "a head before the tail of the packet before it" : "a flit without a head");
  }
  if (flit.head && input.packets++ == config_.buffer_packets) {
    SC_REPORT_ERROR(name(),
                    fmt::format("a packet comes without a place; there are {}", config_.buffer_packets).c_str());
  }
  input.open = !flit.tail;
}

Router::Side Router::towards(const Flit& head) const {
  const auto column = static_cast<std::uint32_t>(config_.column);
  const auto row = static_cast<std::uint32_t>(config_.row);
  if (head.column != column) return head.column > column ? east : west;
  if (head.row != row) return head.row > row ? south : north;
  return local;
}

bool Router::waits_for(std::size_t input, std::size_t output) const {
  const std::deque<Queued>& queue = inputs_[input].queue;
  return !queue.empty() && queue.front().flit.head && towards(queue.front().flit) == output;
}

void Router::arbitrate(std::size_t output) {
  Output& at = outputs_[output];
  if (output != local && at.places == 0) return;
  for (std::size_t i = 0; i < kSides; ++i) {
    if (!waits_for(i, output)) continue;
    if (!at.input || inputs_[i].queue.front().came < inputs_[*at.input].queue.front().came) at.input = i;
  }
  if (at.input && output != local) --at.places;
}

void Router::send(std::size_t output, std::array<bool, kSides>& leaving) {
  Output& at = outputs_[output];
  if (!at.input || inputs_[*at.input].queue.empty()) {
    out[output].write(Flit{});
    return;
  }
  Input& from = inputs_[*at.input];
  const Flit flit = std::move(from.queue.front().flit);
  from.queue.pop_front();
  if (flit.tail) {
    leaving[*at.input] = true;
    --from.packets;
    at.input.reset();
  }
  out[output].write(flit);
}

}  // namespace reprise::rtl
