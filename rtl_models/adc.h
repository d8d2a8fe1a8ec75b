#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rtl_models/activation.h"
#include "rtl_models/adc_model.h"
#include "rtl_models/bus.h"
#include "rtl_models/engine_config.h"

namespace reprise::rtl {

/// Where the converters of an engine are.
struct AdcPlace {
  std::uint32_t engine = 0;  ///< of the chip; a copy: of the engine that it copies
  int unit_rows = 9;
  int unit_columns = 8;
};

/// `adcs` converters that share the columns of an operation unit: the first `adcs` columns in the first
/// `convert_cycles`, the next in the next.
///
/// Models      docs/machine.md, Converters: transfer, offset and noise; or what an AdcModel of the user makes of the
///             sum. `code` carries what codes stand for. It moves on to SHIFT_ADD when the pipe advances.
/// Leaves out  droop.
/// Events      adc.convert, one a column in use.
class Adc final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> advance{"advance"};
  sc_core::sc_in<Activation> convert{"convert"};
  sc_core::sc_in<Bus<std::uint32_t>> held{"held"};
  sc_core::sc_out<Bus<std::uint32_t>> code{"code"};
  /// Not a wire of the machine: which window it is, as the noise knows it. May stay unbound where there is none.
  sc_core::sc_port<sc_core::sc_signal_in_if<std::uint64_t>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> window_key{"window_key"};

  SC_HAS_PROCESS(Adc);
  Adc(const sc_core::sc_module_name& name, const EngineConfig& config, const AdcPlace& place);

  std::uint64_t conversions() const { return conversions_; }

 private:
  void step();
  void convert_next();
  std::uint32_t convert_column(std::size_t column);
  std::int64_t noise(std::size_t column) const;

  const std::size_t adcs_;
  const int convert_cycles_;
  const AdcPlace place_;
  const std::unique_ptr<AdcModel> model_;  ///< of the user; null: all that follows
  const std::vector<std::int64_t> curve_;  ///< all numbers of converters in multiples of 2^-16
  const std::int64_t highest_code_;
  const std::vector<std::uint32_t> values_;
  const bool noisy_;
  const double noise_sigma_;
  std::vector<std::int64_t> offsets_;  ///< of each converter
  Bus<std::uint32_t> codes_;
  std::size_t converted_ = 0;  ///< columns
  int elapsed_ = 0;            ///< cycles of the present conversion
  std::uint64_t conversions_ = 0;
};

}  // namespace reprise::rtl
