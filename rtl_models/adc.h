#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "rtl_models/activation.h"
#include "rtl_models/adc_model.h"
#include "rtl_models/bus.h"
#include "rtl_models/engine_config.h"

namespace reprise::rtl {

/// `adcs` converters that share the columns of an operation unit: the first `adcs` columns in the first
/// `convert_cycles`, the next in the next.
///
/// Models      code = min(sum, 2^bits - 1), or the sum where the kind is ideal; or what an AdcModel of the user makes
/// of
///             the sum. The codes move on to SHIFT_ADD when the pipe advances.
/// Leaves out  noise, offset and non-linearity of the built-in one.
/// Events      adc.convert, one a column in use.
class Adc final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> convert{"convert"};
  sc_core::sc_in<Bus<std::uint32_t>> held{"held"};
  sc_core::sc_out<Bus<std::uint32_t>> code{"code"};

  SC_HAS_PROCESS(Adc);
  Adc(const sc_core::sc_module_name& name, const EngineConfig& config, int unit_columns);

  std::uint64_t conversions() const { return conversions_; }

 private:
  void step();
  void convert_next();

  const std::size_t adcs_;
  const int convert_cycles_;
  const std::unique_ptr<AdcModel> model_;
  Bus<std::uint32_t> codes_;
  std::size_t converted_ = 0;  ///< columns
  int elapsed_ = 0;            ///< cycles of the present conversion
  std::uint64_t conversions_ = 0;
};

}  // namespace reprise::rtl
