#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/network.h"

namespace reprise {

/// How much of the observed values the 256 stored values cover; beyond it they saturate.
enum class RangeMethod {
  min_max,            ///< all
  percentile,         ///< all but a share at each end
  mean_square_error,  ///< what makes the sum of squared errors smallest
};

/// A range of real values; always holds 0.
struct Range {
  double low = 0.0;
  double high = 0.0;

  double width() const { return high - low; }
};

/// The smallest scale that covers the range, with 0 exactly representable. An empty range has scale 1.
Quantisation quantisation_for(const Range& range);

/// The nearest stored value (half away from zero), 0..255. `real` may be infinite.
int stored_value(double real, const Quantisation& quantisation);

/// The values of one tensor over the calibration images. Observe everything twice: first its extent, then its
/// distribution.
class ObservedValues {
 public:
  void extend(const std::vector<float>& values);
  void count(const std::vector<float>& values);

  Range min_max() const { return extent_; }
  /// `percentile` percent of the values other than 0 lie above the low end, as many below the high end.
  Range percentile(double percentile) const;
  Range least_square_error() const;

 private:
  double centre(std::size_t bin) const;
  double square_error(const Range& range) const;

  Range extent_;
  std::vector<std::uint64_t> histogram_;  // of the values other than 0, which are exact under any range
};

}  // namespace reprise
