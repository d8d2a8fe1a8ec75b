#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reprise::rtl {

class AdcModel;
struct EngineConfig;

/// Makes the model of the `Adc` with this name of SystemC's hierarchy; null: the built-in one.
using AdcModelFactory = std::function<std::unique_ptr<AdcModel>(const std::string& name, const EngineConfig& config)>;

enum class AdcKind {
  linear,    ///< clamps at 2^bits - 1
  ideal,     ///< as wide as the sum
  transfer,  ///< code by a curve
};

/// What converters do beside rounding: docs/machine.md, Converters.
struct AdcErrors {
  std::vector<double> curve;  ///< of a transfer; empty: of gain, offset and inl
  double gain = 1.0;
  double offset = 0.0;                ///< codes
  std::vector<double> inl;            ///< codes
  std::vector<std::uint32_t> values;  ///< of the codes; empty: the codes themselves
  std::vector<double> offsets;        ///< rows, by converter of the chip, again from the beginning; empty: drawn
  double offset_sigma = 0.0;          ///< rows
  std::uint64_t offset_seed = 1;
  bool noisy = false;
  double noise_sigma = 0.0;  ///< rows
};

/// The constants of a processing engine: docs/machine.md, sections 2 and 3. All cycles are of the one clock.
struct EngineConfig {
  int fetch_cycles = 3;
  int drive_cycles = 4;
  int read_cycles = 4;
  int convert_cycles = 1;  ///< one conversion
  int adcs = 1;            ///< share the columns of an operation unit
  AdcKind adc_kind = AdcKind::linear;
  int adc_bits = 4;
  AdcErrors adc_errors;
  AdcModelFactory adc_models;  ///< empty: the built-in ones
  int shift_add_cycles = 5;
  int scatter_ports = 4;  ///< entries a cycle
  bool skip_zero_inputs = true;
  int skip_cycles = 1;  ///< a dropped pair of row group and bit; 0 is allowed
  int input_bytes_per_cycle = 32;
  int filter_cycles = 1;  ///< of a window through the layer's input filter, where it has one; 0 is allowed
};

/// Throws InputError, one line for every constant out of range.
void check(const EngineConfig& config);

inline int ceil_div(int value, int divisor) {
  return (value + divisor - 1) / divisor;
}

}  // namespace reprise::rtl
