#pragma once

#include <systemc>

#include <cstdint>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// 1-bit DACs that put one bit of the inputs on the wordlines of an operation unit.
///
/// Models      bits are latched when DRIVE begins; the lines are up from its end, while the unit is in READ.
/// Leaves out  the rise of the lines: they are on or off.
/// Events      dac.drive, one a row of the unit.
class WordlineDriver final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> drive{"drive"};
  sc_core::sc_in<Bus<Wire>> row_bits{"row_bits"};
  sc_core::sc_out<Bus<Wire>> wordline{"wordline"};

  SC_HAS_PROCESS(WordlineDriver);
  explicit WordlineDriver(const sc_core::sc_module_name& name);

  std::uint64_t drives() const { return drives_; }

 private:
  void step();

  Bus<Wire> latch_;
  std::uint64_t drives_ = 0;
};

}  // namespace reprise::rtl
