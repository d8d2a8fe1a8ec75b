#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/network.h"

namespace reprise {

/// What becomes of a weight layer's sums: docs/machine.md, section 2.
class Requantiser {
 public:
  Requantiser(const Layer& layer, const std::vector<std::int32_t>& initial_sums);

  /// out[o] = clamp(z_out + scale_o(initial_sum[o] + sums[o])), the addition modulo 2^32; of each window,
  /// [window][output].
  void apply(const std::int32_t* sums, std::size_t windows, std::uint8_t* output) const;

 private:
  /// Factors of the outputs of windows_ windows, field by field, for vector code.
  struct Factors {
    explicit Factors(const std::vector<FixedPoint>& factors);
    std::vector<std::int32_t> multiplier;
    std::vector<std::int64_t> half;
    std::vector<std::int64_t> shift;
  };

  void apply_negative(const std::int32_t* sums, std::size_t windows, std::uint8_t* output) const;

  std::size_t outputs_;
  std::size_t windows_;  ///< at once
  std::vector<std::int32_t> initial_sums_;
  Factors positive_;
  Factors negative_;
  bool has_negative_;
  std::int64_t zero_;
  std::int64_t low_;
  std::int64_t high_;
};

}  // namespace reprise
