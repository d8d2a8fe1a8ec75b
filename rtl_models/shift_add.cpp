#include "rtl_models/shift_add.h"

namespace reprise::rtl {

ShiftAdd::ShiftAdd(const sc_core::sc_module_name& name) : sc_module(name) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void ShiftAdd::step() {
  const Activation& unit = shift_add.read();
  if (!advance.read() || !unit.valid) return;
  Bus<std::int32_t> sums(code.read().width());
  for (int c = 0; c < unit.columns; ++c) {
    const int significance = c % unit.slot_columns;
    const bool negative = unit.signed_slots && significance == unit.slot_columns - 1;
    const auto weighted = static_cast<std::int32_t>(code.read()[static_cast<std::size_t>(c)] << significance);
    sums[static_cast<std::size_t>(c / unit.slot_columns)] += negative ? -weighted : weighted;
    ++adds_;
  }
  partial.write(sums);
}

}  // namespace reprise::rtl
