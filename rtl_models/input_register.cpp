#include "rtl_models/input_register.h"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::rtl {

InputRegister::InputRegister(const sc_core::sc_module_name& name, const std::vector<std::uint32_t>& rows, int lanes,
                             const Forming& forming, int bytes_per_cycle, int wait_cycles)
    : sc_module(name),
      rows_(rows),
      lanes_(static_cast<std::size_t>(lanes)),
      forming_(forming),
      bytes_per_cycle_(static_cast<std::size_t>(bytes_per_cycle)),
      wait_cycles_(wait_cycles),
      loaded_(rows.size()) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void InputRegister::step() {
  if (begin.read()) {
    loaded_ = 0;
    waiting_ = wait_cycles_;
  }
  if (waiting_ > 0) {
    --waiting_;
  } else if (loaded_ < rows_.size()) {
    load();
  }
  if (advance.read()) fetch();
}

void InputRegister::load() {
  Bus<std::uint8_t> held = bytes.read();
  const std::size_t end = std::min(rows_.size(), loaded_ + bytes_per_cycle_);
  writes_ += end - loaded_;
  for (; loaded_ < end; ++loaded_) {
    const std::uint32_t row = rows_[loaded_];
    if (row >= window.read().width()) {
      SC_REPORT_ERROR(name(), fmt::format("row {} of a window of {} bytes", row, window.read().width()).c_str());
      return;
    }
    held[loaded_] = window.read()[row];
  }
  bytes.write(held);
}

void InputRegister::fetch() {
  const Activation& activation = next.read();
  Bus<Wire> bits(lanes_);
  if (activation.valid) {
    std::uint32_t number = 0;  // of the next selected row
    for (std::size_t r = 0; r < activation.rows; ++r) {
      const bool one = ((bytes.read()[activation.first_row + r] >> activation.bit) & 1U) != 0;
      if (forming_.enabled && forming_.ones_only && !one) continue;
      const bool in_part =
          number >= activation.first_selected && number < activation.first_selected + activation.selected;
      bits[r].on = one && in_part;
      ++number;
    }
    reads_ += activation.selected;
  }
  row_bits.write(bits);
}

}  // namespace reprise::rtl
