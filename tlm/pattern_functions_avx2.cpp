#include "tlm/pattern_functions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "support/counter_random.h"

#define REPRISE_AVX2 __attribute__((target("avx2")))

namespace reprise::detail {
namespace {

constexpr std::size_t kBytes = 32;
constexpr std::size_t kParts = kLineBytes / kBytes;

REPRISE_AVX2 __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

/// Ones in each byte.
REPRISE_AVX2 __m256i ones(__m256i x) {
  const __m256i of_nibble =
      _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(0x0F);
  const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(x, 4), low);
  return _mm256_add_epi8(_mm256_shuffle_epi8(of_nibble, _mm256_and_si256(x, low)),
                         _mm256_shuffle_epi8(of_nibble, upper));
}

REPRISE_AVX2 __m256i count_rows(const Line* cells, std::size_t part, unsigned planes, std::uint64_t pattern) {
  __m256i sums = _mm256_setzero_si256();
  for (unsigned plane = 0; plane < planes; ++plane) {
    const auto on = static_cast<char>(pattern >> (8 * plane));
    if (on == 0) continue;
    const __m256i lit = _mm256_and_si256(load(cells[plane].bytes + part), _mm256_set1_epi8(on));
    sums = _mm256_add_epi8(sums, ones(lit));
  }
  return sums;
}

/// What the columns of 8 slots make of their sums, weighted.
REPRISE_AVX2 inline __m256i weighted(__m256i slots, __m256i sums, __m256i outcomes, __m256i factors) {
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_shuffle_epi8(outcomes, sums), factors);
  return _mm256_add_epi32(slots, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

REPRISE_AVX2 inline __m256i outcomes_of(const OutcomeTable& table) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.outcomes)));
}

/// Slots of a block in 16 bits, in the order in which unpacking puts them right.
REPRISE_AVX2 inline void store_block(std::int16_t* sums, const __m256i* slots) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums), _mm256_packs_epi32(slots[0], slots[1]));
}

/// Pattern by pattern.
REPRISE_AVX2 void make_directly(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                                std::int16_t* sums) {
  const __m256i outcomes = outcomes_of(table);
  const __m256i bias = _mm256_set1_epi32(table.bias);
  PatternPlaces places(patterns, sums);
  for (std::size_t p = 0; p < patterns.count; ++p) {
    std::int16_t* const to = places.next(patterns.rows[p]);
    for (std::size_t block = 0; block < range.blocks; ++block) {
      __m256i slots[kParts] = {bias, bias};
      for (std::size_t part = 0; part < kParts; ++part) {
        for (unsigned half = 0; half < range.halves; ++half) {
          const Line* const cells = range.cells + (block * range.halves + half) * range.planes;
          const __m256i counted = count_rows(cells, part * kBytes, range.planes, patterns.rows[p]);
          slots[part] = weighted(slots[part], counted, outcomes, load(table.factors[half] + part * kBytes));
        }
      }
      store_block(to + block * kBlockSlots, slots);
    }
  }
}

constexpr unsigned kLowRows = 4;
constexpr unsigned kSplitRows = 9;

/// Rows that are on in each column, by the low rows of a pattern and by the others.
struct SplitCounts {
  __m256i low[1U << kLowRows];
  __m256i high[1U << (kSplitRows - kLowRows)];

  REPRISE_AVX2 void fill(const Line* cells, std::size_t from, unsigned rows) {
    low[0] = high[0] = _mm256_setzero_si256();
    for (unsigned row = 0; row < rows; ++row) {
      const __m256i line = load(cells[row / 8].bytes + from);
      const __m256i bits = _mm256_srl_epi16(line, _mm_cvtsi32_si128(static_cast<int>(row % 8)));
      const __m256i ones = _mm256_and_si256(bits, _mm256_set1_epi8(1));
      __m256i* const sums = row < kLowRows ? low : high;
      const std::size_t known = std::size_t{1} << (row < kLowRows ? row : row - kLowRows);
      for (std::size_t i = 0; i < known; ++i) sums[known + i] = _mm256_add_epi8(sums[i], ones);
    }
  }
};

/// Block after block, from the sums of all low and all high rows.
REPRISE_AVX2 void make_split(const BlockRange& range, const PatternList& patterns, unsigned rows,
                             const OutcomeTable& table, std::int16_t* sums) {
  const __m256i outcomes = outcomes_of(table);
  const __m256i bias = _mm256_set1_epi32(table.bias);
  SplitCounts counts[2][kParts];
  for (std::size_t block = 0; block < range.blocks; ++block, sums += kBlockSlots) {
    for (unsigned half = 0; half < range.halves; ++half) {
      const Line* const cells = range.cells + (block * range.halves + half) * range.planes;
      for (std::size_t part = 0; part < kParts; ++part) counts[half][part].fill(cells, part * kBytes, rows);
    }
    PatternPlaces places(patterns, sums);
    for (std::size_t p = 0; p < patterns.count; ++p) {
      const std::size_t low = patterns.rows[p] % (1U << kLowRows);
      const std::size_t high = patterns.rows[p] >> kLowRows;
      __m256i slots[kParts] = {bias, bias};
      for (unsigned half = 0; half < range.halves; ++half) {
        for (std::size_t part = 0; part < kParts; ++part) {
          const SplitCounts& of = counts[half][part];
          slots[part] = weighted(slots[part], _mm256_add_epi8(of.low[low], of.high[high]), outcomes,
                                 load(table.factors[half] + part * kBytes));
        }
      }
      store_block(places.next(patterns.rows[p]), slots);
    }
  }
}

REPRISE_AVX2 void make_sums(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                            std::int16_t* sums) {
  constexpr std::size_t kSplitPatterns = 32;  // fewer are not worth the sums of all low and all high rows
  const unsigned rows = rows_shown(patterns);
  if (rows <= kSplitRows && patterns.count >= kSplitPatterns) {
    make_split(range, patterns, rows, table, sums);
  } else {
    make_directly(range, patterns, table, sums);
  }
}

/// All eight uses, also those that are none: there is no telling how many.
REPRISE_AVX2 void add_uses(const std::int16_t* sums, const UseList& uses, std::size_t blocks, std::int32_t* to,
                           std::size_t stride) {
  for (const PatternUses* of = uses.first; of != uses.first + uses.count; ++of) {
    for (std::size_t block = 0; block < blocks; ++block) {
      auto* const out = reinterpret_cast<__m256i*>(to + of->window * stride + block * kBlockSlots);
      __m256i low = load(out);
      __m256i high = load(out + 1);
      for (std::size_t use = 0; use < PatternUses::kMost; use += 2) {
        const __m256i x = load(sums + of->patterns[use] * kPairSlots + block * kBlockSlots);
        const __m256i y = load(sums + of->patterns[use + 1] * kPairSlots + block * kBlockSlots);
        std::int32_t pair;
        std::memcpy(&pair, of->factors + use, sizeof pair);
        const __m256i factors = _mm256_set1_epi32(pair);
        low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), factors));
        high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), factors));
      }
      _mm256_storeu_si256(out, low);
      _mm256_storeu_si256(out + 1, high);
    }
  }
}

/// What straight noisy columns make of sums, in bytes: the tables fit them.
class StraightBytes {
 public:
  /// Sums and what is added stay below 256, and pairs of products fit 16 bits.
  static bool fits(const NoisyTable& table) { return table.straight && table.least <= 128 && table.highest < 128; }

  REPRISE_AVX2 StraightBytes(const NoisyTable& table, std::uint64_t key)
      : steps_(table.steps),
        low_(_mm256_set1_epi32(static_cast<int>(key))),
        factor_(_mm256_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(key >> 32) | 1U))),
        more_(_mm256_set1_epi8(static_cast<char>(std::max<int>(table.least, 0)))),
        less_(_mm256_set1_epi8(static_cast<char>(std::min(std::max(-table.least, 0), 255)))),
        highest_(_mm256_set1_epi8(static_cast<char>(table.highest))) {
    for (std::size_t k = 0; k < steps_; ++k) {
      bounds_[k] = _mm256_set1_epi16(static_cast<std::int16_t>(table.straight_bounds[k]));
    }
  }

  /// @param products  of words of columns 0 and 1 of each slot
  REPRISE_AVX2 inline __m256i outcomes(__m256i sums, __m256i products) const {
    const __m256i first = draw(products);
    const __m256i second = draw(_mm256_add_epi32(products, _mm256_set1_epi32(static_cast<int>(kFoldStep))));
    const __m256i lower = _mm256_set1_epi16(1);
    const __m256i upper = _mm256_set1_epi16(256);
    __m256i above = _mm256_add_epi8(sums, more_);
    for (std::size_t k = 0; k < steps_; ++k) {
      above = _mm256_add_epi8(above, _mm256_and_si256(is_at_least(first, bounds_[k]), lower));
      above = _mm256_add_epi8(above, _mm256_and_si256(is_at_least(second, bounds_[k]), upper));
    }
    return _mm256_min_epu8(_mm256_subs_epu8(above, less_), highest_);
  }

 private:
  /// fold_product()
  REPRISE_AVX2 inline __m256i draw(__m256i products) const {
    __m256i n = _mm256_add_epi32(products, low_);
    n = _mm256_mullo_epi32(_mm256_xor_si256(n, _mm256_srli_epi32(n, 16)), factor_);
    return _mm256_xor_si256(n, _mm256_srli_epi32(n, 16));
  }

  REPRISE_AVX2 static inline __m256i is_at_least(__m256i draws, __m256i bound) {
    return _mm256_cmpeq_epi16(_mm256_max_epu16(draws, bound), draws);
  }

  std::size_t steps_;
  __m256i low_;
  __m256i factor_;
  __m256i more_;
  __m256i less_;
  __m256i highest_;
  __m256i bounds_[NoisyTable::kMostSteps];
};

REPRISE_AVX2 void add_straight(const BlockRange& range, const NoisyUse& use, const OutcomeTable& table,
                               const NoisyTable& noisy, const std::uint32_t* words, std::int32_t* sums) {
  const StraightBytes bytes(noisy, use.key);
  const __m256i one = _mm256_set1_epi16(1);
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(use.bit));
  for (std::size_t block = 0; block < range.blocks; ++block, words += kBlockSlots) {
    for (std::size_t part = 0; part < kParts; ++part, sums += 8) {
      __m256i slots = _mm256_setzero_si256();
      __m256i products = load(words + 8 * part);
      for (unsigned half = 0; half < range.halves; ++half) {
        const Line* const cells = range.cells + (block * range.halves + half) * range.planes;
        const __m256i counted = count_rows(cells, part * kBytes, range.planes, use.rows);
        const __m256i outcomes = bytes.outcomes(counted, products);
        const __m256i pairs = _mm256_maddubs_epi16(outcomes, load(table.factors[half] + part * kBytes));
        slots = _mm256_add_epi32(slots, _mm256_madd_epi16(pairs, one));
        products = _mm256_add_epi32(products, _mm256_set1_epi32(static_cast<int>(2 * kFoldStep)));
      }
      auto* const to = reinterpret_cast<__m256i*>(sums);
      _mm256_storeu_si256(to, _mm256_add_epi32(load(to), _mm256_sll_epi32(slots, shift)));
    }
  }
}

REPRISE_AVX2 void add_noisy(const BlockRange& range, const NoisyUseList& uses, const OutcomeTable& table,
                            const NoisyTable& noisy, const std::uint32_t* words, std::int32_t* sums) {
  if (!StraightBytes::fits(noisy)) return portable_functions({}).add_noisy(range, uses, table, noisy, words, sums);
  for (std::size_t i = 0; i < uses.count; ++i) add_straight(range, uses.first[i], table, noisy, words, sums);
}

}  // namespace

PatternFunctions avx2_functions() {
  return {make_sums, add_uses, add_noisy};
}

}  // namespace reprise::detail
#endif
