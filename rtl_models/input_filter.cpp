#include "rtl_models/input_filter.h"

#include <algorithm>

namespace reprise::rtl {

InputFilter::InputFilter(const sc_core::sc_module_name& name, const reprise::InputFilter& constants,
                         std::size_t group_rows)
    : sc_module(name),
      group_rows_(group_rows),
      block_rows_(static_cast<std::size_t>(constants.block_rows)),
      least_sum_(static_cast<std::uint32_t>(constants.least_sum)),
      planes_(constants.planes) {
  SC_METHOD(filter);
  sensitive << window;
  SC_METHOD(count);
  sensitive << clock.pos();
  dont_initialize();
}

void InputFilter::filter() {
  Bus<std::uint8_t> through(window.read().width());
  for (std::size_t first = 0, end = 0; first < through.width(); first = end) {
    const std::size_t group_end = (first / group_rows_ + 1) * group_rows_;
    end = std::min({first + block_rows_, group_end, through.width()});
    std::uint32_t sum = 0;
    unsigned any = 0;
    for (std::size_t row = first; row < end; ++row) {
      sum += window.read()[row];
      any |= window.read()[row];
    }
    unsigned gates = 0;
    for (int bit = 0; bit < 8; ++bit) {
      const bool crowded_out = (any >> (bit + planes_)) != 0;  // so many planes or more above it
      if (sum >= least_sum_ && !crowded_out) gates |= 1U << bit;
    }
    for (std::size_t row = first; row < end; ++row)
      through[row] = static_cast<std::uint8_t>(window.read()[row] & gates);
  }
  filtered.write(through);
}

void InputFilter::count() {
  if (begin.read()) checks_ += window.read().width();
}

}  // namespace reprise::rtl
