#pragma once

#include <systemc>

#include <cstdint>

#include "compression/image/network.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// Leaves out, block by block, what carries little, between layer buffer and input registers.
///
/// Models      docs/machine.md, section 2: an adder tree, a comparator and an OR over the values of each block open or
///             close the gates of its bits.
/// Timing      combinational, and slow: the input registers wait `filter_cycles` before they take what comes through.
/// Events      input_filter.check, one a value of the window, a window.
class InputFilter final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};
  sc_core::sc_in<Bus<std::uint8_t>> window{"window"};       ///< the layer's im2col vector
  sc_core::sc_out<Bus<std::uint8_t>> filtered{"filtered"};  ///< as wide

  SC_HAS_PROCESS(InputFilter);
  /// @param group_rows im2col rows of one convolution group
  InputFilter(const sc_core::sc_module_name& name, const reprise::InputFilter& constants, std::size_t group_rows);

  std::uint64_t checks() const { return checks_; }

 private:
  void filter();
  void count();

  const std::size_t group_rows_;
  const std::size_t block_rows_;
  const std::uint32_t least_sum_;
  const int planes_;
  std::uint64_t checks_ = 0;
};

}  // namespace reprise::rtl
