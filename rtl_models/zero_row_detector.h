#pragma once

#include <systemc>

#include <cstdint>
#include <vector>

#include "rtl_models/bus.h"
#include "rtl_models/engine_program.h"

namespace reprise::rtl {

/// Finds the row groups whose input bits are all zero.
///
/// Models      an OR over the rows of each group, by bit, at the outputs of the input register. Without zero skipping
///             every bit counts as live.
/// Timing      combinational.
/// Events      zero_detector.check, one a pair of row group and bit, a window.
class ZeroRowDetector final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};
  sc_core::sc_in<Bus<std::uint8_t>> bytes{"bytes"};
  sc_core::sc_out<Bus<std::uint8_t>> live{"live"};  ///< a row group: bit b is set where bit b of any row is 1

  SC_HAS_PROCESS(ZeroRowDetector);
  ZeroRowDetector(const sc_core::sc_module_name& name, const std::vector<EngineRowGroup>& groups, bool enabled);

  std::uint64_t checks() const { return checks_; }

 private:
  void detect();
  void count();

  const std::vector<EngineRowGroup>& groups_;
  const bool enabled_;
  std::uint64_t checks_ = 0;
};

}  // namespace reprise::rtl
