#include "rtl_models/adc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/normal_quantiles.h"

namespace reprise::rtl {
namespace {

std::int64_t highest_code(const EngineConfig& config) {
  if (config.adc_kind == AdcKind::ideal || config.adc_bits >= 32) return std::numeric_limits<std::uint32_t>::max();
  return (std::int64_t{1} << config.adc_bits) - 1;
}

std::int64_t to_fixed(double number) {
  return std::llround(std::ldexp(number, 16));
}

std::vector<std::int64_t> curve_points(const EngineConfig& config, int unit_rows) {
  const AdcErrors& errors = config.adc_errors;
  if (config.adc_kind != AdcKind::transfer) return {0, 65536};
  std::vector<double> points = errors.curve;
  for (int sum = 0; errors.curve.empty() && sum <= unit_rows; ++sum) {
    const double t = static_cast<double>(sum) / unit_rows;
    double bend = 0.0;
    for (std::size_t k = errors.inl.size(); k-- > 0;) bend = errors.inl[k] + t * bend;
    points.push_back(std::clamp(errors.offset + errors.gain * sum + t * (1.0 - t) * bend, -65536.0, 65536.0));
  }
  std::vector<std::int64_t> curve;
  for (const double point : points) curve.push_back(to_fixed(point));
  return curve;
}

std::uint64_t mixed(std::uint64_t a) {
  a += 0x9E3779B97F4A7C15ULL;
  a = (a ^ (a >> 30)) * 0xBF58476D1CE4E5B9ULL;
  a = (a ^ (a >> 27)) * 0x94D049BB133111EBULL;
  return a ^ (a >> 31);
}

std::uint32_t folded(std::uint32_t n, std::uint64_t activation) {
  n = n * 0x9E3779B9U + static_cast<std::uint32_t>(activation);
  n ^= n >> 16;
  n *= static_cast<std::uint32_t>(activation >> 32) | 1U;
  return n ^ (n >> 16);
}

std::int64_t offset_of(const AdcErrors& errors, std::uint64_t converter) {
  if (!errors.offsets.empty()) return to_fixed(errors.offsets[converter % errors.offsets.size()]);
  if (errors.offset_sigma == 0.0) return 0;
  return to_fixed(errors.offset_sigma * normal_quantiles()[mixed(mixed(errors.offset_seed) ^ converter) >> 48]);
}

}  // namespace

Adc::Adc(const sc_core::sc_module_name& name, const EngineConfig& config, const AdcPlace& place)
    : sc_module(name),
      adcs_(static_cast<std::size_t>(config.adcs)),
      convert_cycles_(config.convert_cycles),
      place_(place),
      model_(config.adc_models ? config.adc_models(this->name(), config) : nullptr),
      curve_(curve_points(config, place.unit_rows)),
      highest_code_(highest_code(config)),
      values_(config.adc_errors.values),
      noisy_(config.adc_errors.noisy),
      noise_sigma_(config.adc_errors.noise_sigma),
      codes_(static_cast<std::size_t>(place.unit_columns)) {
  for (std::size_t a = 0; a < adcs_; ++a) offsets_.push_back(offset_of(config.adc_errors, place.engine * adcs_ + a));
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void Adc::step() {
  if (convert.read().valid && ++elapsed_ == convert_cycles_) convert_next();
  if (!advance.read()) return;
  code.write(codes_);
  converted_ = 0;
  elapsed_ = 0;
}

void Adc::convert_next() {
  elapsed_ = 0;
  const std::size_t end = std::min<std::size_t>(convert.read().columns, converted_ + adcs_);
  for (; converted_ < end; ++converted_, ++conversions_) codes_[converted_] = convert_column(converted_);
}

std::uint32_t Adc::convert_column(std::size_t column) {
  if (model_ != nullptr) return model_->convert(held.read()[column]);
  std::int64_t x = (std::int64_t{held.read()[column]} << 16) + offsets_[column % adcs_];
  if (noisy_) x += noise(column);
  std::size_t i = 0;
  while (i + 2 < curve_.size() && static_cast<std::int64_t>(i + 1) << 16 <= x) ++i;
  const std::int64_t beyond = x - (static_cast<std::int64_t>(i) << 16);
  const std::int64_t position = (curve_[i] << 16) + (curve_[i + 1] - curve_[i]) * beyond;
  const std::int64_t nearest = (position + (std::int64_t{1} << 31)) >> 32;
  const std::int64_t kept = std::min(std::max<std::int64_t>(nearest, 0), highest_code_);
  return values_.empty() ? static_cast<std::uint32_t>(kept) : values_[static_cast<std::size_t>(kept)];
}

std::int64_t Adc::noise(std::size_t column) const {
  const Activation& unit = convert.read();
  const std::uint64_t part = unit.first_selected / static_cast<std::uint32_t>(place_.unit_rows);
  const std::uint64_t activation = mixed(window_key->read() ^ (8 * part + unit.bit));
  const std::uint32_t place =
      unit.number * static_cast<std::uint32_t>(place_.unit_columns) + static_cast<std::uint32_t>(column);
  const std::uint32_t word = folded(place >> 1, activation);
  return to_fixed(noise_sigma_ * normal_quantiles()[(place & 1U) == 0 ? word & 0xFFFFU : word >> 16]);
}

}  // namespace reprise::rtl
