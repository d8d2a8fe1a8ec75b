#pragma once

#include <cstdint>

#include "compression/image/network.h"

namespace reprise::rtl {

/// floor((value x multiplier + 2^(shift-1)) / 2^shift), the multiplier and rounding shifter of the output stages.
/// |value| < 2^31.
inline std::int64_t scaled(std::int64_t value, const FixedPoint& factor) {
  const std::int64_t product = value * factor.multiplier + (std::int64_t{1} << (factor.shift - 1));
  const std::int64_t divisor = std::int64_t{1} << factor.shift;
  const std::int64_t quotient = product / divisor;
  return product % divisor < 0 ? quotient - 1 : quotient;  // C++ rounds towards zero
}

}  // namespace reprise::rtl
