#include "tlm/slot_digits.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define REPRISE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vnni")))

#define REPRISE_TARGET REPRISE_AVX512
#include "tlm/slot_digit_maker.h"

namespace reprise::detail {
namespace {

struct LineBits {
  using Vector = __m512i;

  REPRISE_AVX512 static inline __m512i spread(std::uint8_t byte) { return _mm512_set1_epi8(static_cast<char>(byte)); }

  REPRISE_AVX512 static inline __m512i choose(__m512i on, __m512i chosen, __m512i otherwise) {
    constexpr int kChoose = 0xCA;  // what each of eight combinations gives
    return _mm512_ternarylogic_epi64(on, chosen, otherwise, kChoose);
  }
};

REPRISE_AVX512 void make(const Line* cells, unsigned rows, const PatternList& patterns, const SumDigit& digit,
                         Line* digits) {
  make_digits<LineBits>(cells, rows, patterns, digit, digits);
}

REPRISE_AVX512 inline __m512i load(const void* from) {
  return _mm512_load_si512(from);
}

/// Words of slots, the first eight of each 16 bytes and the others.
struct Words {
  __m512i low;
  __m512i high;
};

/// What digits of two patterns make; factors of bytes are 128 at most, so that it fits.
REPRISE_AVX512 inline Words add_two(__m512i first, __m512i second, __m512i factors) {
  return {_mm512_maddubs_epi16(factors, _mm512_unpacklo_epi8(first, second)),
          _mm512_maddubs_epi16(factors, _mm512_unpackhi_epi8(first, second))};
}

/// The sums of a window.
template <std::size_t kBlocks>
struct WindowSums {
  __m512i blocks[kLineBlocks];

  REPRISE_AVX512 explicit inline WindowSums(const std::int32_t* from) {
    for (std::size_t i = 0; i < kBlocks; ++i) blocks[i] = _mm512_loadu_si512(from + i * kBlockSlots);
  }

  REPRISE_AVX512 inline void add(const Words& first, const Words& second, __m512i factors) {
    blocks[0] = _mm512_dpwssd_epi32(blocks[0], _mm512_unpacklo_epi16(first.low, second.low), factors);
    if (kBlocks > 1) blocks[1] = _mm512_dpwssd_epi32(blocks[1], _mm512_unpackhi_epi16(first.low, second.low), factors);
    if (kBlocks > 2)
      blocks[2] = _mm512_dpwssd_epi32(blocks[2], _mm512_unpacklo_epi16(first.high, second.high), factors);
    if (kBlocks > 3)
      blocks[3] = _mm512_dpwssd_epi32(blocks[3], _mm512_unpackhi_epi16(first.high, second.high), factors);
  }

  REPRISE_AVX512 inline void store(std::int32_t* to) const {
    for (std::size_t i = 0; i < kBlocks; ++i) _mm512_storeu_si512(to + i * kBlockSlots, blocks[i]);
  }
};

REPRISE_AVX512 inline __m512i two_words(std::int32_t low, std::int32_t high) {
  return _mm512_set1_epi32(static_cast<std::int32_t>((static_cast<std::uint32_t>(high) << 16) | (low & 0xFFFF)));
}

/// What patterns make of four input bits that follow one another, the lowest first.
REPRISE_AVX512 inline Words four_bits(const Line* digits, const std::uint32_t* patterns) {
  const Words low = add_two(load(digits + patterns[0]), load(digits + patterns[1]), _mm512_set1_epi16(1 | 2 << 8));
  const Words high = add_two(load(digits + patterns[2]), load(digits + patterns[3]), _mm512_set1_epi16(4 | 8 << 8));
  return {_mm512_add_epi16(low.low, high.low), _mm512_add_epi16(low.high, high.high)};
}

template <std::size_t kBlocks>
REPRISE_AVX512 void add_all_bits(const Line* digits, UseList uses, std::int16_t factor, std::int32_t* to,
                                 std::size_t stride) {
  const __m512i factors = two_words(factor, 16 * factor);
  for (const PatternUses *of = uses.first, *end = of + uses.count; of != end; ++of) {
    std::int32_t* const out = to + of->window * stride;
    WindowSums<kBlocks> window(out);
    window.add(four_bits(digits, of->patterns), four_bits(digits, of->patterns + 4), factors);
    window.store(out);
  }
}

REPRISE_AVX512 inline Words two_uses(const Line* digits, const PatternUses& of, std::size_t use) {
  const int factors = of.factors[use] | of.factors[use + 1] << 8;
  return add_two(load(digits + of.patterns[use]), load(digits + of.patterns[use + 1]),
                 _mm512_set1_epi16(static_cast<std::int16_t>(factors)));
}

template <std::size_t kBlocks>
REPRISE_AVX512 void add_any_bits(const Line* digits, UseList uses, std::int16_t factor, std::int32_t* to,
                                 std::size_t stride) {
  const __m512i factors = two_words(factor, factor);
  for (const PatternUses *of = uses.first, *end = of + uses.count; of != end; ++of) {
    std::int32_t* const out = to + of->window * stride;
    WindowSums<kBlocks> window(out);
    window.add(two_uses(digits, *of, 0), two_uses(digits, *of, 2), factors);
    window.add(two_uses(digits, *of, 4), two_uses(digits, *of, 6), factors);
    window.store(out);
  }
}

template <std::size_t kBlocks>
void add_blocks(const Line* digits, const UseList& uses, std::int16_t factor, std::int32_t* to, std::size_t stride) {
  (uses.all_bits ? add_all_bits<kBlocks> : add_any_bits<kBlocks>)(digits, uses, factor, to, stride);
}

void add(const Line* digits, const UseList& uses, std::int16_t factor, std::size_t blocks, std::int32_t* to,
         std::size_t stride) {
  constexpr decltype(&add_blocks<1>) kAdd[] = {add_blocks<1>, add_blocks<2>, add_blocks<3>, add_blocks<4>};
  kAdd[blocks - 1](digits, uses, factor, to, stride);
}

}  // namespace

DigitFunctions avx512_digits() {
  return {make, add};
}

}  // namespace reprise::detail
#endif
