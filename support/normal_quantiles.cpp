#include "support/normal_quantiles.h"

#include <cmath>
#include <cstddef>

namespace reprise {
namespace {

constexpr std::size_t kCount = 65536;

/// Newton's method from `z`, which must not lie above the answer's side of the bend at 0.
double quantile(double probability, double z) {
  const double density_of_zero = 1.0 / std::sqrt(2.0 * std::acos(-1.0));
  for (int step = 0; step < 100; ++step) {
    const double below = 0.5 * std::erfc(-z / std::sqrt(2.0));
    const double next = z - (below - probability) / (density_of_zero * std::exp(-0.5 * z * z));
    if (std::abs(next - z) < 1e-14) return next;
    z = next;
  }
  return z;
}

std::vector<double> make_quantiles() {
  std::vector<double> z(kCount);
  double previous = -4.0;
  for (std::size_t r = 0; r < kCount / 2; ++r) {
    previous = quantile((static_cast<double>(r) + 0.5) / kCount, previous);
    z[r] = previous;
    z[kCount - 1 - r] = -previous;
  }
  return z;
}

}  // namespace

const std::vector<double>& normal_quantiles() {
  static const std::vector<double> quantiles = make_quantiles();
  return quantiles;
}

}  // namespace reprise
