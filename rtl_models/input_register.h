#pragma once

#include <systemc>

#include <cstdint>
#include <vector>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"
#include "rtl_models/unit_former.h"

namespace reprise::rtl {

/// The activations of one window that an engine needs, read bit by bit.
///
/// Models      the bytes of the engine's rows are taken from the window, `bytes_per_cycle` a cycle from the edge that
///             begins it on, or `wait_cycles` after it; FETCH reads one bit of the selected rows of a
///             unit; the lanes of others are off.
/// Timing      the window must be stable from start until the load is over: docs/machine.md, section 3.
/// Events      input_register.write, bytes; input_register.read, bits.
class InputRegister final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Bus<std::uint8_t>> window{"window"};  ///< the layer's im2col vector
  sc_core::sc_in<Activation> next{"next"};
  sc_core::sc_out<Bus<std::uint8_t>> bytes{"bytes"};
  sc_core::sc_out<Bus<Wire>> row_bits{"row_bits"};  ///< of the activation in FETCH

  SC_HAS_PROCESS(InputRegister);
  /// @param rows  im2col row of each byte
  /// @param lanes  the most rows of a row group
  InputRegister(const sc_core::sc_module_name& name, const std::vector<std::uint32_t>& rows, int lanes,
                const Forming& forming, int bytes_per_cycle, int wait_cycles);

  std::uint64_t writes() const { return writes_; }
  std::uint64_t reads() const { return reads_; }

 private:
  void step();
  void load();
  void fetch();

  const std::vector<std::uint32_t>& rows_;
  const std::size_t lanes_;
  const Forming forming_;
  const std::size_t bytes_per_cycle_;
  const int wait_cycles_;
  int waiting_ = 0;     ///< cycles still
  std::size_t loaded_;  ///< bytes
  std::uint64_t writes_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace reprise::rtl
