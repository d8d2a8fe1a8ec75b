#include "compression/passes/activation_range.h"

#include <algorithm>
#include <cmath>

namespace reprise {
namespace {

constexpr std::size_t kBins = 2048;
constexpr double kStoredSteps = 255.0;

}  // namespace

Quantisation quantisation_for(const Range& range) {
  if (range.width() <= 0.0) return {};
  const double scale = range.width() / kStoredSteps;
  return {scale, static_cast<int>(std::round(-range.low / scale))};
}

int stored_value(double real, const Quantisation& quantisation) {
  return static_cast<int>(std::clamp(std::round(real / quantisation.scale) + quantisation.zero_point, 0.0, 255.0));
}

void ObservedValues::extend(const std::vector<float>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  extent_.low = std::min<double>(extent_.low, *low);
  extent_.high = std::max<double>(extent_.high, *high);
}

void ObservedValues::count(const std::vector<float>& values) {
  histogram_.resize(kBins);
  if (extent_.width() <= 0.0) return;
  const double bins_per_unit = kBins / extent_.width();
  for (const float value : values) {
    if (value == 0.0F) continue;
    ++histogram_[std::min(static_cast<std::size_t>((value - extent_.low) * bins_per_unit), kBins - 1)];
  }
}

Range ObservedValues::percentile(double percentile) const {
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram_) total += count;
  const double outside = static_cast<double>(total) * (1.0 - percentile / 100.0);
  std::size_t first = 0;
  double below = 0.0;
  while (first < histogram_.size() && (below += static_cast<double>(histogram_[first])) <= outside) ++first;
  std::size_t last = histogram_.size();
  double above = 0.0;
  while (last > 0 && (above += static_cast<double>(histogram_[last - 1])) <= outside) --last;
  const double bin_width = extent_.width() / kBins;
  return {std::min(0.0, extent_.low + static_cast<double>(first) * bin_width),
          std::max(0.0, extent_.low + static_cast<double>(last) * bin_width)};
}

Range ObservedValues::least_square_error() const {
  Range best = extent_;
  double least = square_error(best);
  const auto try_range = [&](const Range& range) {
    const double error = square_error(range);
    if (error >= least) return;
    least = error;
    best = range;
  };
  // One end after the other, twice: the ends hardly depend on each other.
  for (int round = 0; round < 2; ++round) {
    for (int percent = 100; percent >= 20; --percent) try_range({best.low, extent_.high * percent / 100.0});
    for (int percent = 100; percent >= 20; --percent) try_range({extent_.low * percent / 100.0, best.high});
  }
  return best;
}

double ObservedValues::centre(std::size_t bin) const {
  return extent_.low + (static_cast<double>(bin) + 0.5) * extent_.width() / kBins;
}

double ObservedValues::square_error(const Range& range) const {
  const Quantisation quantisation = quantisation_for(range);
  double sum = 0.0;
  for (std::size_t bin = 0; bin < histogram_.size(); ++bin) {
    const double real = centre(bin);
    const double error = real - quantisation.scale * (stored_value(real, quantisation) - quantisation.zero_point);
    sum += static_cast<double>(histogram_[bin]) * error * error;
  }
  return sum;
}

}  // namespace reprise
