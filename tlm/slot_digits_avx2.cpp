#include "tlm/slot_digits.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define REPRISE_AVX2 __attribute__((target("avx2")))

#define REPRISE_TARGET REPRISE_AVX2
#include "tlm/slot_digit_maker.h"

namespace reprise::detail {
namespace {

struct HalfBits {
  using Vector = __m256i;

  REPRISE_AVX2 static inline __m256i spread(std::uint8_t byte) { return _mm256_set1_epi8(static_cast<char>(byte)); }

  REPRISE_AVX2 static inline __m256i choose(__m256i on, __m256i chosen, __m256i otherwise) {
    return _mm256_xor_si256(otherwise, _mm256_and_si256(on, _mm256_xor_si256(chosen, otherwise)));
  }
};

REPRISE_AVX2 void make(const Line* cells, unsigned rows, const PatternList& patterns, const SumDigit& digit,
                       Line* digits) {
  make_digits<HalfBits>(cells, rows, patterns, digit, digits);
}

constexpr std::size_t kBytes = 32;

/// Words of slots, the first eight of each 16 bytes and the others.
struct Words {
  __m256i low;
  __m256i high;
};

/// What digits of two uses make; their factors are 128 at most, so that it fits.
REPRISE_AVX2 inline Words two_uses(const std::uint8_t* digits, const PatternUses& of, std::size_t use) {
  const __m256i factors = _mm256_set1_epi16(static_cast<std::int16_t>(of.factors[use] | of.factors[use + 1] << 8));
  const auto load = [&](std::size_t i) REPRISE_AVX2 {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(digits + of.patterns[i] * kLineBytes));
  };
  const __m256i first = load(use);
  const __m256i second = load(use + 1);
  return {_mm256_maddubs_epi16(factors, _mm256_unpacklo_epi8(first, second)),
          _mm256_maddubs_epi16(factors, _mm256_unpackhi_epi8(first, second))};
}

REPRISE_AVX2 inline void add_to(std::int32_t* to, __m256i amounts) {
  auto* const at = reinterpret_cast<__m256i*>(to);
  _mm256_storeu_si256(at, _mm256_add_epi32(_mm256_loadu_si256(at), amounts));
}

/// Of half a line, eight slots of each of four blocks.
REPRISE_AVX2 inline void add_half(const std::uint8_t* digits, const PatternUses& of, __m256i factor, std::size_t blocks,
                                  std::int32_t* to) {
  __m256i sums[kLineBlocks] = {};
  for (std::size_t use = 0; use < PatternUses::kMost; use += 4) {
    const Words a = two_uses(digits, of, use);
    const Words b = two_uses(digits, of, use + 2);
    const __m256i pairs[kLineBlocks] = {_mm256_unpacklo_epi16(a.low, b.low), _mm256_unpackhi_epi16(a.low, b.low),
                                        _mm256_unpacklo_epi16(a.high, b.high), _mm256_unpackhi_epi16(a.high, b.high)};
    for (std::size_t i = 0; i < kLineBlocks; ++i) {
      sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs[i], factor));
    }
  }
  for (std::size_t i = 0; i < blocks; ++i) add_to(to + i * kBlockSlots, sums[i]);
}

REPRISE_AVX2 void add(const Line* digits, const UseList& uses, std::int16_t factor, std::size_t blocks,
                      std::int32_t* to, std::size_t stride) {
  const __m256i factors = _mm256_set1_epi16(factor);
  for (const PatternUses *of = uses.first, *end = of + uses.count; of != end; ++of) {
    std::int32_t* const out = to + of->window * stride;
    add_half(digits->bytes, *of, factors, blocks, out);
    add_half(digits->bytes + kBytes, *of, factors, blocks, out + kBlockSlots / 2);
  }
}

}  // namespace

DigitFunctions avx2_digits() {
  return {make, add};
}

}  // namespace reprise::detail
#endif
