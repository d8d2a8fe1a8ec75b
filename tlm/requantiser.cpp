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

/// A loop over so many outputs at least is vector code; the outputs of a small layer alone would not fill vectors.
constexpr std::size_t kLeastRun = 64;

std::size_t windows_at_once(std::size_t outputs) {
  return outputs == 0 ? 1 : (kLeastRun + outputs - 1) / outputs;
}

template <class T>
std::vector<T> repeated(const std::vector<T>& values, std::size_t times) {
  std::vector<T> all;
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
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
    : outputs_(initial_sums.size()),
      windows_(windows_at_once(outputs_)),
      initial_sums_(repeated(initial_sums, windows_)),
      positive_(repeated(convolution_of(layer).requantisation, windows_)),
      negative_(repeated(convolution_of(layer).negative_requantisation, windows_)),
      has_negative_(!convolution_of(layer).negative_requantisation.empty()),
      zero_(layer.quantisation.zero_point),
      low_(layer.clamp_low),
      high_(layer.clamp_high) {}

REPRISE_VECTOR_CLONES void Requantiser::apply(const std::int32_t* sums, std::size_t windows,
                                              std::uint8_t* output) const {
  // Locals: writing bytes might change a member.
  const std::size_t run = initial_sums_.size();
  const std::size_t all = windows * outputs_;
  const std::int32_t* const initial = initial_sums_.data();
  const std::int32_t* const multiplier = positive_.multiplier.data();
  const std::int64_t* const half = positive_.half.data();
  const std::int64_t* const shift = positive_.shift.data();
  const std::int64_t zero = zero_;
  const std::int64_t low = low_;
  const std::int64_t high = high_;
  for (std::size_t first = 0; first < all; first += run) {
    const std::int32_t* const in = sums + first;
    std::uint8_t* const out = output + first;
    const std::size_t count = std::min(run, all - first);
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t sum = add_modulo(initial[i], in[i]);
      const std::int64_t scaled = (sum * multiplier[i] + half[i]) >> shift[i];
      out[i] = static_cast<std::uint8_t>(std::min(std::max(scaled + zero, low), high));
    }
  }
  if (has_negative_) apply_negative(sums, windows, output);
}

/// Only sums below zero.
void Requantiser::apply_negative(const std::int32_t* sums, std::size_t windows, std::uint8_t* output) const {
  for (std::size_t i = 0; i < windows * outputs_; ++i) {
    const std::size_t o = i % outputs_;
    const std::int64_t sum = add_modulo(initial_sums_[o], sums[i]);
    if (sum >= 0) continue;
    const std::int64_t scaled = (sum * negative_.multiplier[o] + negative_.half[o]) >> negative_.shift[o];
    output[i] = static_cast<std::uint8_t>(std::clamp(scaled + zero_, low_, high_));
  }
}

}  // namespace reprise
