#pragma once

#include <cstdint>
namespace reprise::rtl {

/// A converter of the user's, made by EngineConfig::adc_models: what it makes of a bitline's sum. When it does so, and
/// that it is counted, stays the affair of `Adc`.
class AdcModel {
 public:
  virtual ~AdcModel() = default;
  /// @param sum  conducting cells, 0 to the rows of the operation unit
  /// @return the code, which SHIFT_ADD takes for the sum
  virtual std::uint32_t convert(std::uint32_t sum) = 0;
};

}  // namespace reprise::rtl
