#include "tlm/converter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "support/counter_random.h"
#include "support/error.h"
#include "support/normal_quantiles.h"

namespace reprise {
namespace {

// With points of curves within it, and offset and noise of each at most 256 x 4.33 rows, positions fit 64 bits.
constexpr double kMostCodes = 65536.0;
constexpr std::int64_t kOne = std::int64_t{1} << Converter::kFractionBits;

std::int64_t fixed(double number) {
  return std::llround(number * static_cast<double>(kOne));
}

void require(bool sound, const std::string& key, const std::string& fault) {
  if (!sound) throw InputError("platform.adc." + key + ": " + fault);
}

void check_curve(const AdcConfig& adc) {
  const bool parameters = adc.gain || adc.offset || adc.inl;
  if (adc.kind == AdcKind::transfer) {
    require(adc.curve || parameters, "kind", "a transfer needs a curve, or gain, offset or inl");
    require(!adc.curve || !parameters, "curve", "not together with gain, offset or inl");
    require(!adc.curve || adc.curve->size() >= 2, "curve", "expected two points or more");
  } else {
    require(!adc.curve && !parameters, adc.curve ? "curve" : "gain, offset, inl", "only with kind: transfer");
  }
}

void check_values(const AdcConfig& adc) {
  if (!adc.values) return;
  require(adc.kind != AdcKind::ideal, "values", "not of an ideal converter");
  const std::size_t codes = std::size_t{1} << adc.bits;
  require(adc.values->size() == codes, "values",
          std::to_string(adc.values->size()) + " of them, expected one for each of the " + std::to_string(codes) +
              " codes");
  for (const double value : *adc.values) {
    require(value == std::floor(value), "values", std::to_string(value) + " is not a whole number");
  }
}

void check_offsets(const AdcConfig& adc) {
  if (!adc.offsets) return;
  const AdcOffsetConfig& offsets = *adc.offsets;
  require(offsets.given.has_value() != offsets.sigma.has_value(), "offsets", "expected either given or sigma");
  require(!offsets.given || !offsets.given->empty(), "offsets.given", "is empty");
}

/// From gain, offset and integral non-linearity.
std::vector<std::int64_t> curve_of_parameters(const AdcConfig& adc, int unit_rows) {
  std::vector<std::int64_t> curve;
  for (int sum = 0; sum <= unit_rows; ++sum) {
    const double t = static_cast<double>(sum) / unit_rows;
    double bend = 0.0;
    if (adc.inl) {
      for (auto coefficient = adc.inl->rbegin(); coefficient != adc.inl->rend(); ++coefficient) {
        bend = bend * t + *coefficient;
      }
    }
    const double point = adc.offset.value_or(0.0) + adc.gain.value_or(1.0) * sum + t * (1.0 - t) * bend;
    curve.push_back(fixed(std::clamp(point, -kMostCodes, kMostCodes)));
  }
  return curve;
}

std::vector<std::int64_t> curve_of(const AdcConfig& adc, int unit_rows) {
  if (adc.kind != AdcKind::transfer) return {0, kOne};
  if (!adc.curve) return curve_of_parameters(adc, unit_rows);
  std::vector<std::int64_t> curve;
  for (const double point : *adc.curve) curve.push_back(fixed(point));
  return curve;
}

}  // namespace

void check(const AdcConfig& adc) {
  check_curve(adc);
  check_values(adc);
  check_offsets(adc);
}

Converter::Converter(const AdcConfig& adc, int unit_rows, int adcs)
    : curve_(curve_of(adc, unit_rows)),
      highest_code_(adc.kind == AdcKind::ideal ? std::numeric_limits<std::int32_t>::max()
                                               : (std::int64_t{1} << adc.bits) - 1),
      adcs_(static_cast<std::size_t>(adcs)) {
  if (adc.values) values_.assign(adc.values->begin(), adc.values->end());
  if (!adc.offsets) return;
  offset_sigma_ = adc.offsets->sigma.value_or(0.0);
  offset_seed_ = adc.offsets->seed;
  if (!adc.offsets->given) return;
  for (const double offset : *adc.offsets->given) offsets_.push_back(fixed(offset));
}

std::int64_t Converter::offset(std::uint32_t engine, std::size_t column) const {
  const std::uint64_t number = engine * adcs_ + column % adcs_;
  if (!offsets_.empty()) return offsets_[number % offsets_.size()];
  if (offset_sigma_ == 0.0) return 0;
  const std::uint64_t drawn = mix(mix(offset_seed_) ^ number) >> 48;
  return fixed(offset_sigma_ * normal_quantiles()[drawn]);
}

std::uint32_t Converter::value(std::uint32_t sum, std::int64_t added) const {
  const std::int64_t x = sum * kOne + added;
  const auto last = static_cast<std::int64_t>(curve_.size()) - 2;
  const std::int64_t i = std::clamp<std::int64_t>(x >> kFractionBits, 0, last);
  const auto at = static_cast<std::size_t>(i);
  const std::int64_t beyond = (curve_[at + 1] - curve_[at]) * (x - i * kOne);
  const std::int64_t position = curve_[at] * kOne + beyond;
  const std::int64_t code = (position + kOne * kOne / 2) >> (2 * kFractionBits);
  const std::int64_t kept = std::clamp<std::int64_t>(code, 0, highest_code_);
  return values_.empty() ? static_cast<std::uint32_t>(kept) : values_[static_cast<std::size_t>(kept)];
}

bool Converter::never_falls() const {
  return std::is_sorted(curve_.begin(), curve_.end()) && std::is_sorted(values_.begin(), values_.end());
}

bool Converter::is_straight() const {
  return values_.empty() && curve_ == std::vector<std::int64_t>{0, kOne};
}

ConversionNoise::ConversionNoise(const AdcNoiseConfig& noise) : seed_key_(mix(noise.seed)) {
  for (const double z : normal_quantiles()) amounts_.push_back(static_cast<std::int32_t>(fixed(noise.sigma * z)));
}

std::uint64_t ConversionNoise::window_key(std::uint64_t image, std::uint64_t layer, std::uint64_t window) const {
  return mix(mix(mix(seed_key_ ^ image) ^ layer) ^ window);
}

std::uint64_t ConversionNoise::activation_key(std::uint64_t window_key, unsigned bit, std::uint64_t part) {
  return mix(window_key ^ (8 * part + bit));
}

std::uint16_t ConversionNoise::draw(std::uint64_t activation_key, std::uint32_t column) {
  const std::uint32_t word = fold(activation_key, column / 2);
  return static_cast<std::uint16_t>(column % 2 == 0 ? word : word >> 16);
}

}  // namespace reprise
