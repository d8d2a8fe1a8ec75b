#include "tlm/requantiser.h"

#include <algorithm>
#include <variant>

#include "support/vector_clones.h"

namespace reprise {
namespace {

const ConvolutionLayer& convolution_of(const Layer& layer) {
  return std::get<ConvolutionLayer>(layer.operation);
}

std::int32_t add_modulo(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

}  // namespace

Requantiser::Factors::Factors(const std::vector<FixedPoint>& factors) {
  for (const FixedPoint& factor : factors) {
    multiplier.push_back(factor.multiplier);
    half.push_back(std::int64_t{1} << (factor.shift - 1));
    shift.push_back(factor.shift);
  }
}

Requantiser::Requantiser(const Layer& layer, const std::vector<std::int32_t>& initial_sums)
    : initial_sums_(initial_sums),
      positive_(convolution_of(layer).requantisation),
      negative_(convolution_of(layer).negative_requantisation),
      has_negative_(!convolution_of(layer).negative_requantisation.empty()),
      zero_(layer.quantisation.zero_point),
      low_(layer.clamp_low),
      high_(layer.clamp_high) {}

REPRISE_VECTOR_CLONES void Requantiser::apply(const std::int32_t* sums, std::size_t windows,
                                              std::uint8_t* output) const {
  // Locals: writing bytes might change a member.
  const std::size_t outputs = initial_sums_.size();
  const std::int32_t* const initial = initial_sums_.data();
  const std::int32_t* const multiplier = positive_.multiplier.data();
  const std::int64_t* const half = positive_.half.data();
  const std::int64_t* const shift = positive_.shift.data();
  const std::int64_t zero = zero_;
  const std::int64_t low = low_;
  const std::int64_t high = high_;
  for (std::size_t window = 0; window < windows; ++window) {
    const std::int32_t* const in = sums + window * outputs;
    std::uint8_t* const out = output + window * outputs;
    for (std::size_t o = 0; o < outputs; ++o) {
      const std::int64_t sum = add_modulo(initial[o], in[o]);
      const std::int64_t scaled = (sum * multiplier[o] + half[o]) >> shift[o];
      out[o] = static_cast<std::uint8_t>(std::min(std::max(scaled + zero, low), high));
    }
  }
  if (has_negative_) apply_negative(sums, windows, output);
}

/// Only sums below zero.
void Requantiser::apply_negative(const std::int32_t* sums, std::size_t windows, std::uint8_t* output) const {
  const std::size_t outputs = initial_sums_.size();
  for (std::size_t i = 0; i < windows * outputs; ++i) {
    const std::size_t o = i % outputs;
    const std::int64_t sum = add_modulo(initial_sums_[o], sums[i]);
    if (sum >= 0) continue;
    const std::int64_t scaled = (sum * negative_.multiplier[o] + negative_.half[o]) >> negative_.shift[o];
    output[i] = static_cast<std::uint8_t>(std::clamp(scaled + zero_, low_, high_));
  }
}

}  // namespace reprise
