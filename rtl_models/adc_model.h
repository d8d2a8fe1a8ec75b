#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "rtl_models/engine_config.h"

namespace reprise::rtl {

/// What a converter makes of a bitline's sum. When it does so, and that it is counted, stays the affair of `Adc`.
class AdcModel {
 public:
  virtual ~AdcModel() = default;
  /// @param sum  conducting cells, 0 to the rows of the operation unit
  /// @return the code, which SHIFT_ADD takes for the sum
  virtual std::uint32_t convert(std::uint32_t sum) = 0;
};

/// Makes the model of the `Adc` with this name of SystemC's hierarchy; null: the built-in one.
using AdcModelFactory = std::function<std::unique_ptr<AdcModel>(const std::string& name, const EngineConfig& config)>;

/// From now on, for all pin-level engines of this process. To be called before the accelerator is made. Engines at
/// transaction level always have the built-in one.
void use_adc_models(AdcModelFactory factory);

/// For `Adc`; null: the built-in one.
std::unique_ptr<AdcModel> make_adc_model(const std::string& name, const EngineConfig& config);

}  // namespace reprise::rtl
