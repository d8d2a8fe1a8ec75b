#pragma once

#include <systemc>

#include <cstdint>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// Merges the columns of each slot: column j counts 2^j, the last of a signed slot -2^j. The partial sums stand
/// through SCATTER.
///
/// Events      shift_add.add, one a column in use.
class ShiftAdd final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> shift_add{"shift_add"};
  sc_core::sc_in<Bus<std::uint32_t>> code{"code"};
  sc_core::sc_out<Bus<std::int32_t>> partial{"partial"};  ///< one a slot

  SC_HAS_PROCESS(ShiftAdd);
  explicit ShiftAdd(const sc_core::sc_module_name& name);

  std::uint64_t adds() const { return adds_; }

 private:
  void step();

  std::uint64_t adds_ = 0;
};

}  // namespace reprise::rtl
