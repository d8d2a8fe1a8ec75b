#include "rtl_models/pipeline_control.h"

#include <algorithm>

namespace reprise::rtl {

PipelineControl::PipelineControl(const sc_core::sc_module_name& name, int load_cycles, int skip_cycles)
    : sc_module(name), load_cycles_(load_cycles), skip_cycles_(skip_cycles) {
  SC_METHOD(decide);
  sensitive << start << busy << hold_ << next << zero;
  for (auto& port : finished) sensitive << port;
  for (auto& port : stage) sensitive << port;
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void PipelineControl::decide() {
  const bool free = busy.read() && hold_.read() <= 1 && all_finished();
  const bool more = next.read().valid;
  const bool dropping = free && more && zero.read();
  const bool ending = free && !more && empty();
  begin.write(start.read() && !busy.read());
  drop.write(dropping);
  ended.write(ending);
  advance.write(free && !dropping && !ending);
}

void PipelineControl::step() {
  if (busy.read()) cycles.write(cycles.read() + 1);
  done.write(ended.read());
  if (begin.read()) {
    busy.write(true);
    cycles.write(0);
    hold_.write(load_cycles_);
  } else if (ended.read()) {
    busy.write(false);
    hold_.write(0);
  } else if (drop.read()) {
    hold_.write(skip_cycles_);
  } else {
    hold_.write(std::max(0, hold_.read() - 1));
  }
}

bool PipelineControl::all_finished() const {
  return std::all_of(finished.begin(), finished.end(), [](const auto& port) { return port.read(); });
}

bool PipelineControl::empty() const {
  return std::none_of(stage.begin(), stage.end(), [](const auto& port) { return port.read().valid; });
}

}  // namespace reprise::rtl
