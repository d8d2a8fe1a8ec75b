#include "rtl_models/scheduler.h"

#include <algorithm>

namespace reprise::rtl {

Scheduler::Scheduler(const sc_core::sc_module_name& name, const EngineProgram& program, const Forming& forming,
                     bool free_skips)
    : sc_module(name), program_(program), forming_(forming), free_skips_(free_skips) {
  SC_METHOD(look);
  sensitive << position_ << live << selected;
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
    activation.first_selected = found_.part * forming_.unit_rows;
    activation.selected = forming_.enabled
                              ? std::min(forming_.unit_rows, selected_rows(found_) - activation.first_selected)
                              : activation.rows;
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

std::uint32_t Scheduler::selected_rows(const Position& at) const {
  return selected.read()[std::size_t{8} * at.group + at.bit];
}

Scheduler::Position Scheduler::next_pair(Position at) const {
  if (at.bit < 7) return {at.group, static_cast<std::uint8_t>(at.bit + 1), 0, 0};
  return {at.group + 1, 0, 0, 0};
}

Scheduler::Position Scheduler::next_unit(Position at) const {
  if (at.unit + 1 < program_.groups[at.group].units) return {at.group, at.bit, at.part, at.unit + 1};
  const bool last = !forming_.enabled || (at.part + 1) * forming_.unit_rows >= selected_rows(at);
  if (!last) return {at.group, at.bit, at.part + 1, 0};
  return next_pair(at);
}

void Scheduler::count_dropped(Position from, const Position& to) {
  for (; !(from == to); from = next_pair(from)) {
    ++dropped_pairs_;
    dropped_activations_ += program_.groups[from.group].units;
  }
}

}  // namespace reprise::rtl
