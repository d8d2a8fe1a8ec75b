#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"
#include "rtl_models/mapping_table.h"

namespace reprise::rtl {

/// One 32-bit accumulator an output channel, cleared when a window begins. Several ports may name the same one.
///
/// Models      accumulator[output] += or -= partial[slot] << (shift + input bit), modulo 2^32, at the end of the cycle
///             of the request. The sums appear at the output when the window ends.
/// Leaves out  banks and their conflicts.
/// Events      accumulator.add, one a request.
class AccumulatorBank final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> begin{"begin"};
  sc_core::sc_in<bool> ended{"ended"};
  sc_core::sc_in<Activation> scatter{"scatter"};
  sc_core::sc_in<Bus<std::int32_t>> partial{"partial"};
  sc_core::sc_in<Bus<ScatterRequest>> request{"request"};
  sc_core::sc_out<Bus<std::int32_t>> sums{"sums"};

  SC_HAS_PROCESS(AccumulatorBank);
  AccumulatorBank(const sc_core::sc_module_name& name, std::size_t outputs);

  std::uint64_t adds() const { return adds_; }

 private:
  void step();
  void add(const ScatterEntry& entry);

  Bus<std::int32_t> accumulators_;
  std::uint64_t adds_ = 0;
};

}  // namespace reprise::rtl
