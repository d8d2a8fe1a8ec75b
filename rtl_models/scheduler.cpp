#include "rtl_models/scheduler.h"

namespace reprise::rtl {

Scheduler::Scheduler(const sc_core::sc_module_name& name, const EngineProgram& program, bool free_skips)
    : sc_module(name), program_(program), free_skips_(free_skips) {
  SC_METHOD(look);
  sensitive << position_ << live;
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void Scheduler::look() {
  found_ = position_.read();
  while (free_skips_ && !through(found_) && is_zero(found_)) found_ = next_pair(found_);
  Activation activation;
  if (!through(found_)) {
    activation = program_.units[program_.groups[found_.group].first_unit + found_.unit];
    activation.valid = true;
    activation.bit = found_.bit;
  }
  next.write(activation);
  zero.write(activation.valid && is_zero(found_));
}

void Scheduler::step() {
  if (begin.read()) {
    position_.write({});
  } else if (drop.read()) {
    count_dropped(found_, next_pair(found_));
    position_.write(next_pair(found_));
  } else if (advance.read() || ended.read()) {
    count_dropped(position_.read(), found_);
    if (!through(found_)) ++reads_;
    position_.write(through(found_) ? found_ : next_unit(found_));
  }
}

bool Scheduler::is_zero(const Position& at) const {
  return ((live.read()[at.group] >> at.bit) & 1U) == 0;
}

Scheduler::Position Scheduler::next_pair(Position at) const {
  if (at.bit < 7) return {at.group, static_cast<std::uint8_t>(at.bit + 1), 0};
  return {at.group + 1, 0, 0};
}

Scheduler::Position Scheduler::next_unit(Position at) const {
  if (at.unit + 1 < program_.groups[at.group].units) return {at.group, at.bit, at.unit + 1};
  return next_pair(at);
}

void Scheduler::count_dropped(Position from, const Position& to) {
  for (; !(from == to); from = next_pair(from)) {
    ++dropped_pairs_;
    dropped_activations_ += program_.groups[from.group].units;
  }
}

}  // namespace reprise::rtl
