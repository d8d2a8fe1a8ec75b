#include "compression/passes/fixed_point.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "support/error.h"

namespace reprise {

FixedPoint fixed_point(double factor) {
  if (!(std::abs(factor) < std::ldexp(1.0, 29))) {
    throw InputError(fmt::format("a factor of {} between stored values; expected a magnitude below 2^29", factor));
  }
  int exponent = 0;
  std::frexp(factor, &exponent);  // |factor| = 0.5..1 * 2^exponent
  int shift = std::clamp(31 - exponent, 1, 62);
  if (std::abs(std::round(std::ldexp(factor, shift))) >= std::ldexp(1.0, 31)) --shift;  // rounded up to a power of two
  return {static_cast<std::int32_t>(std::round(std::ldexp(factor, shift))), shift};
}

}  // namespace reprise
