#pragma once

namespace reprise::rtl {

enum class AdcKind {
  linear,  ///< clamps at 2^bits - 1
  ideal,   ///< as wide as the sum
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
