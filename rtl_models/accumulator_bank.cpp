#include "rtl_models/accumulator_bank.h"

namespace reprise::rtl {

AccumulatorBank::AccumulatorBank(const sc_core::sc_module_name& name, std::size_t outputs)
    : sc_module(name), accumulators_(outputs) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void AccumulatorBank::step() {
  if (begin.read()) accumulators_ = Bus<std::int32_t>(accumulators_.width());
  for (const ScatterRequest& port : request.read().lanes) {
    if (port.valid) add(port.entry);
  }
  if (ended.read()) sums.write(accumulators_);
}

void AccumulatorBank::add(const ScatterEntry& entry) {
  const auto value = static_cast<std::uint32_t>(partial.read()[entry.slot]) << (entry.shift + scatter.read().bit);
  const auto sum = static_cast<std::uint32_t>(accumulators_[entry.output]);
  accumulators_[entry.output] = static_cast<std::int32_t>(entry.negative ? sum - value : sum + value);
  ++adds_;
}

}  // namespace reprise::rtl
