#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "rtl_models/activation.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// An array of single-bit cells. While an activation in READ selects it, the unit's wordlines are connected to the
/// driver and its bitlines to the engine's bitline bus; otherwise it leaves the bus alone.
///
/// Models      bitline sum = number of wordlines that are on and whose cell is 1.
/// Leaves out  conductances, wire resistance, leakage through cells that are off.
/// Timing      combinational; READ waits for it.
/// Events      crossbar.read, rows x columns in use.
class Crossbar final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> read{"read"};
  sc_core::sc_in<Bus<Wire>> wordline{"wordline"};
  sc_core::sc_out<Bus<std::uint32_t>> bitline{"bitline"};  ///< sums; columns not in use stay 0

  SC_HAS_PROCESS(Crossbar);
  /// @param index    within the engine
  /// @param crossbar within `cells`; one that they do not have is empty
  Crossbar(const sc_core::sc_module_name& name, const Geometry& geometry, std::size_t index, const CellArray& cells,
           std::size_t crossbar);

  std::uint64_t reads() const { return reads_; }

 private:
  void settle();
  void count();
  bool selected() const { return read.read().valid && read.read().crossbar == index_; }

  const std::size_t index_;
  const std::size_t columns_;
  const std::size_t unit_columns_;
  std::vector<std::uint8_t> cells_;  ///< [wordline][bitline], 0 or 1
  std::uint64_t reads_ = 0;
};

}  // namespace reprise::rtl
