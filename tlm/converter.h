#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/machine_config.h"

namespace reprise {

/// @throws InputError where keys of `platform.adc` contradict one another.
void check(const AdcConfig& adc);

/// What the converters of a chip make of bitline sums: docs/machine.md, Converters.
class Converter {
 public:
  static constexpr int kFractionBits = 16;  ///< of offsets, noise and curves

  /// @param unit_rows  Geometry::unit_rows
  /// @param adcs       PipelineConfig::adcs
  Converter(const AdcConfig& adc, int unit_rows, int adcs);

  /// Of the converter of a column of an engine's units; 2^-16 rows.
  std::int64_t offset(std::uint32_t engine, std::size_t column) const;
  bool has_offsets() const { return !offsets_.empty() || offset_sigma_ > 0.0; }
  /// What the code of `sum` stands for, with so many 2^-16 rows added.
  std::uint32_t value(std::uint32_t sum, std::int64_t added) const;
  /// Whether more never gives a smaller value.
  bool never_falls() const;
  /// Whether codes are sums, rounded, within 0..highest_code(), and stand for themselves.
  bool is_straight() const;
  std::int64_t highest_code() const { return highest_code_; }

 private:
  std::vector<std::int64_t> curve_;  ///< 2^-16 codes, two points or more
  std::int64_t highest_code_;
  std::vector<std::uint32_t> values_;  ///< by code; empty: the codes
  std::size_t adcs_;
  std::vector<std::int64_t> offsets_;  ///< given, 2^-16 rows
  double offset_sigma_ = 0.0;          ///< rows
  std::uint64_t offset_seed_ = 0;
};

/// The noise of conversions, drawn by where they are: docs/machine.md, Converters.
class ConversionNoise {
 public:
  explicit ConversionNoise(const AdcNoiseConfig& noise);

  std::uint64_t window_key(std::uint64_t image, std::uint64_t layer, std::uint64_t window) const;
  static std::uint64_t activation_key(std::uint64_t window_key, unsigned bit, std::uint64_t part);
  /// @param column  unit * unit_columns + column of the unit
  static std::uint16_t draw(std::uint64_t activation_key, std::uint32_t column);
  /// By what was drawn: 2^-16 rows, ascending.
  const std::vector<std::int32_t>& amounts() const { return amounts_; }

 private:
  std::uint64_t seed_key_;
  std::vector<std::int32_t> amounts_;
};

}  // namespace reprise
