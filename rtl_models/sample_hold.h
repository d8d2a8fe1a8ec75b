#pragma once

#include <systemc>

#include <cstdint>

#include "rtl_models/activation.h"
#include "rtl_models/bus.h"

namespace reprise::rtl {

/// Samples the bitlines at the end of READ and holds them through CONVERT.
///
/// Leaves out  droop; noise comes with the converter.
/// Events      sample_hold.sample, one a column in use.
class SampleHold final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> read{"read"};
  sc_core::sc_in<Bus<std::uint32_t>> bitline{"bitline"};
  sc_core::sc_out<Bus<std::uint32_t>> held{"held"};

  SC_HAS_PROCESS(SampleHold);
  explicit SampleHold(const sc_core::sc_module_name& name);

  std::uint64_t samples() const { return samples_; }

 private:
  void step();

  std::uint64_t samples_ = 0;
};

}  // namespace reprise::rtl
