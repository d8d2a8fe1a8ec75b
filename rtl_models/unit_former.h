#pragma once

#include <systemc>

#include <cstdint>
#include <vector>

#include "rtl_models/bus.h"
#include "rtl_models/engine_program.h"

namespace reprise::rtl {

/// Which rows operation units are formed of: docs/machine.md, section 3, "Formed units".
struct Forming {
  bool enabled = false;         ///< else a unit is all rows of its row group
  std::uint32_t unit_rows = 9;  ///< the most rows that are selected at once
  bool ones_only = true;        ///< rows are selected where they are on; else all are
};

/// Numbers the selected rows of each pair of row group and input bit.
///
/// Models      a counter over the rows of each group, by bit, at the outputs of the input register.
/// Timing      combinational.
/// Events      unit_former.select, one a row of a row group and bit, a window; only where ones alone are selected.
class UnitFormer final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};
  sc_core::sc_in<Bus<std::uint8_t>> bytes{"bytes"};
  sc_core::sc_out<Bus<std::uint32_t>> selected{"selected"};  ///< [row group x 8 + bit]: rows

  SC_HAS_PROCESS(UnitFormer);
  UnitFormer(const sc_core::sc_module_name& name, const std::vector<EngineRowGroup>& groups, const Forming& forming);

  std::uint64_t selections() const { return selections_; }

 private:
  void number();
  void count();

  const std::vector<EngineRowGroup>& groups_;
  const Forming forming_;
  std::uint64_t selections_ = 0;
};

}  // namespace reprise::rtl
