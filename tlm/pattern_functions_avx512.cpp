#include "tlm/pattern_functions.h"

#if defined(__x86_64__)
// GCC 12 warns of its own header: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "support/counter_random.h"

#define REPRISE_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512bitalg,avx512vnni")))

namespace reprise::detail {
namespace {

REPRISE_AVX512 inline __m512i load(const void* from) {
  return _mm512_loadu_si512(from);
}

/// Rows that are on in each column; a template, so that the planes of most row groups are no loop.
template <unsigned kPlanes>
REPRISE_AVX512 inline __m512i count_rows(const Line* cells, unsigned planes, const __m512i* on) {
  __m512i sums = _mm512_popcnt_epi8(_mm512_and_si512(load(cells), on[0]));
  const unsigned count = kPlanes == 0 ? planes : kPlanes;
  for (unsigned plane = 1; plane < count; ++plane) {
    sums = _mm512_add_epi8(sums, _mm512_popcnt_epi8(_mm512_and_si512(load(cells + plane), on[plane])));
  }
  return sums;
}

REPRISE_AVX512 inline void spread(std::uint64_t pattern, unsigned planes, __m512i* on) {
  for (unsigned plane = 0; plane < planes; ++plane) {
    on[plane] = _mm512_set1_epi8(static_cast<char>(pattern >> (8 * plane)));
  }
}

/// What sums of columns stand for: one table of 64 bytes for all, or 128 with a place of its own for each column.
template <bool kAlike>
REPRISE_AVX512 inline __m512i outcomes_of(__m512i sums, __m512i first, __m512i low, __m512i high) {
  if (kAlike) return _mm512_permutexvar_epi8(sums, low);
  return _mm512_permutex2var_epi8(low, _mm512_add_epi8(sums, first), high);
}

/// Tables of an OutcomeTable, ahead of loops in which something is stored: it might lie there.
struct Tables {
  __m512i low;
  __m512i high;
  __m512i first[2];
  __m512i factors[2];
  __m512i bias;
};

REPRISE_AVX512 inline Tables tables_of(const OutcomeTable& table) {
  return {load(table.outcomes),
          load(table.outcomes + kLineBytes),
          {load(table.first[0]), load(table.first[1])},
          {load(table.factors[0]), load(table.factors[1])},
          _mm512_set1_epi32(table.bias)};
}

/// Slots of a pair of blocks in 16 bits, in the order in which unpacking puts them right.
REPRISE_AVX512 inline void store_pair(std::int16_t* sums, const __m512i* slots) {
  _mm512_storeu_si512(sums, _mm512_packs_epi32(slots[0], slots[1]));
}

// Lists of patterns are given by value to functions that store sums: they might lie in what is stored.

/// Pattern by pattern.
/// @param kPlanes  looked at; 0: range.planes
template <unsigned kPlanes, unsigned kHalves, bool kAlike>
REPRISE_AVX512 void make_directly(const BlockRange& range, PatternList patterns, const OutcomeTable& table,
                                  std::int16_t* sums) {
  const Tables tables = tables_of(table);
  const unsigned planes = range.planes;
  PatternPlaces places(patterns, sums);
  for (std::size_t p = 0; p < patterns.count; ++p) {
    __m512i on[kMostPlanes];
    spread(patterns.rows[p], kPlanes == 0 ? planes : kPlanes, on);
    const Line* cells = range.cells;
    __m512i slots[2] = {tables.bias, tables.bias};
    for (std::size_t block = 0; block < range.blocks; ++block) {
      for (unsigned half = 0; half < kHalves; ++half, cells += planes) {
        const __m512i counted = count_rows<kPlanes>(cells, planes, on);
        const __m512i outcomes = outcomes_of<kAlike>(counted, tables.first[half], tables.low, tables.high);
        slots[block] = _mm512_dpbusd_epi32(slots[block], outcomes, tables.factors[half]);
      }
    }
    store_pair(places.next(patterns.rows[p]), slots);
  }
}

constexpr unsigned kLowRows = 4;
constexpr unsigned kSplitRows = 9;

/// Rows that are on in each column of a line, by the low rows of a pattern and by the others.
struct SplitCounts {
  __m512i low[1U << kLowRows];
  __m512i high[1U << (kSplitRows - kLowRows)];

  /// @param kRows  8, or kSplitRows: a constant, so that nothing of it is a loop
  /// @param first  added to all sums
  template <unsigned kRows>
  REPRISE_AVX512 inline void fill(const Line* cells, __m512i first) {
    low[0] = first;
    high[0] = _mm512_setzero_si512();
    const __m512i lines[2] = {load(cells), kRows > 8 ? load(cells + 1) : _mm512_setzero_si512()};
#pragma GCC unroll 9
    for (unsigned row = 0; row < kRows; ++row) {
      const __m512i bits = _mm512_srli_epi16(lines[row / 8], row % 8);
      const __m512i ones = _mm512_and_si512(bits, _mm512_set1_epi8(1));
      if (row < kLowRows) add_row(ones, low, row);
      if (row >= kLowRows) add_row(ones, high, row - kLowRows);
    }
  }

  /// Of the lines of both halves: the sums of the second in the upper four bits.
  template <unsigned kRows>
  REPRISE_AVX512 inline void fill_packed(const Line* cells, unsigned planes) {
    constexpr char kSecond = 16;
    low[0] = high[0] = _mm512_setzero_si512();
    const __m512i zero = _mm512_setzero_si512();
    const __m512i first[2] = {load(cells), kRows > 8 ? load(cells + 1) : zero};
    const __m512i second[2] = {load(cells + planes), kRows > 8 ? load(cells + planes + 1) : zero};
    const __m512i one = _mm512_set1_epi8(1);
#pragma GCC unroll 9
    for (unsigned row = 0; row < kRows; ++row) {
      const __m512i of_first = _mm512_and_si512(_mm512_srli_epi16(first[row / 8], row % 8), one);
      const __mmask64 in_second =
          _mm512_test_epi8_mask(second[row / 8], _mm512_set1_epi8(static_cast<char>(1U << row % 8)));
      const __m512i ones = _mm512_mask_add_epi8(of_first, in_second, of_first, _mm512_set1_epi8(kSecond));
      if (row < kLowRows) add_row(ones, low, row);
      if (row >= kLowRows) add_row(ones, high, row - kLowRows);
    }
  }

 private:
  /// The sums with the row that follows `rows` rows.
  REPRISE_AVX512 static inline void add_row(__m512i ones, __m512i* sums, unsigned rows) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < std::size_t{1} << rows; ++i) sums[(1U << rows) + i] = _mm512_add_epi8(sums[i], ones);
  }
};

/// From the sums of all low and all high rows.
/// @param kRows  that patterns show at most: 8 or kSplitRows
template <unsigned kRows, unsigned kHalves, bool kAlike>
REPRISE_AVX512 void make_split(const BlockRange& range, PatternList patterns, const OutcomeTable& table,
                               std::int16_t* sums) {
  const Tables tables = tables_of(table);
  SplitCounts counts[2 * kHalves];
  for (std::size_t line = 0; line < 2 * kHalves; ++line) {  // a block alone stands for both
    const __m512i first = kAlike ? _mm512_setzero_si512() : tables.first[line % kHalves];
    const std::size_t from = std::min(line / kHalves, range.blocks - 1) * kHalves + line % kHalves;
    counts[line].template fill<kRows>(range.cells + from * range.planes, first);
  }
  PatternPlaces places(patterns, sums);
  for (std::size_t p = 0; p < patterns.count; ++p) {
    const std::uint64_t pattern = patterns.rows[p];
    const __m512i* const low = counts[0].low + pattern % (1U << kLowRows);
    const __m512i* const high = counts[0].high + (pattern >> kLowRows);
    __m512i slots[2] = {tables.bias, tables.bias};
    for (std::size_t line = 0; line < 2 * kHalves; ++line) {
      constexpr std::size_t kPitch = sizeof(SplitCounts) / sizeof(__m512i);
      const __m512i index = _mm512_add_epi8(load(low + kPitch * line), load(high + kPitch * line));
      const __m512i outcomes = kAlike ? _mm512_permutexvar_epi8(index, tables.low)
                                      : _mm512_permutex2var_epi8(tables.low, index, tables.high);
      slots[line / kHalves] = _mm512_dpbusd_epi32(slots[line / kHalves], outcomes, tables.factors[line % kHalves]);
    }
    store_pair(places.next(pattern), slots);
  }
}

/// The same for two halves and sums below 16: those of the second half ride in the upper four bits of the first's.
template <unsigned kRows>
REPRISE_AVX512 void make_packed(const BlockRange& range, PatternList patterns, const OutcomeTable& table,
                                std::int16_t* sums) {
  const __m512i outcomes =
      _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.outcomes)));  // of any upper bits
  const __m512i factors[2] = {load(table.factors[0]), load(table.factors[1])};
  const __m512i bias = _mm512_set1_epi32(table.bias);
  SplitCounts counts[2];
  for (std::size_t block = 0; block < 2; ++block) {  // a block alone stands for both
    const Line* const cells = range.cells + 2 * std::min(block, range.blocks - 1) * range.planes;
    counts[block].template fill_packed<kRows>(cells, range.planes);
  }
  PatternPlaces places(patterns, sums);
  for (std::size_t p = 0; p < patterns.count; ++p) {
    const std::uint64_t pattern = patterns.rows[p];
    const __m512i* const low = counts[0].low + pattern % (1U << kLowRows);
    const __m512i* const high = counts[0].high + (pattern >> kLowRows);
    __m512i slots[2] = {bias, bias};
    for (std::size_t block = 0; block < 2; ++block) {
      constexpr std::size_t kPitch = sizeof(SplitCounts) / sizeof(__m512i);
      const __m512i both = _mm512_add_epi8(load(low + kPitch * block), load(high + kPitch * block));
      const __m512i first = _mm512_permutexvar_epi8(both, outcomes);
      const __m512i second = _mm512_permutexvar_epi8(_mm512_srli_epi16(both, 4), outcomes);
      slots[block] = _mm512_dpbusd_epi32(slots[block], first, factors[0]);
      slots[block] = _mm512_dpbusd_epi32(slots[block], second, factors[1]);
    }
    store_pair(places.next(pattern), slots);
  }
}

template <unsigned kHalves, bool kAlike>
REPRISE_AVX512 void make_halves(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                                std::int16_t* sums) {
  constexpr std::size_t kSplitPatterns = 32;  // fewer are not worth the sums of all low and all high rows
  const unsigned rows = rows_shown(patterns);
  if (rows <= kSplitRows && patterns.count >= kSplitPatterns) {
    const auto make = rows > 8 ? make_split<kSplitRows, kHalves, kAlike> : make_split<8, kHalves, kAlike>;
    return make(range, patterns, table, sums);
  }
  if (rows <= 8) return make_directly<1, kHalves, kAlike>(range, patterns, table, sums);
  if (range.planes == 2) return make_directly<2, kHalves, kAlike>(range, patterns, table, sums);
  make_directly<0, kHalves, kAlike>(range, patterns, table, sums);
}

REPRISE_AVX512 void make_low_sums(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                                  std::int16_t* sums) {
  constexpr std::size_t kPackedPatterns = 20;  // fewer are not worth the sums of all low and all high rows
  const unsigned rows = rows_shown(patterns);
  if (range.halves == 2 && rows <= kSplitRows && patterns.count >= kPackedPatterns) {
    return (rows > 8 ? make_packed<kSplitRows> : make_packed<8>)(range, patterns, table, sums);
  }
  if (range.halves == 2) return make_halves<2, true>(range, patterns, table, sums);
  make_halves<1, true>(range, patterns, table, sums);
}

template <bool kAlike>
REPRISE_AVX512 void make_sums(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                              std::int16_t* sums) {
  if (range.halves == 2) return make_halves<2, kAlike>(range, patterns, table, sums);
  make_halves<1, kAlike>(range, patterns, table, sums);
}

/// The sums of a window, of one or two blocks.
template <bool kTwo>
struct WindowSums {
  __m512i low;
  __m512i high;

  REPRISE_AVX512 explicit inline WindowSums(const std::int32_t* from)
      : low(load(from)), high(kTwo ? load(from + kBlockSlots) : _mm512_setzero_si512()) {}

  /// What two patterns make, each times its factor.
  REPRISE_AVX512 inline void add(__m512i first, __m512i second, __m512i factors) {
    low = _mm512_dpwssd_epi32(low, _mm512_unpacklo_epi16(first, second), factors);
    if (kTwo) high = _mm512_dpwssd_epi32(high, _mm512_unpackhi_epi16(first, second), factors);
  }

  REPRISE_AVX512 inline void store(std::int32_t* to) const {
    _mm512_storeu_si512(to, low);
    if (kTwo) _mm512_storeu_si512(to + kBlockSlots, high);
  }
};

/// All eight uses, also those that are none: there is no telling how many.
template <bool kTwo>
REPRISE_AVX512 void add_any_bits(const std::int16_t* sums, UseList uses, std::int32_t* to, std::size_t stride) {
  for (const PatternUses *of = uses.first, *end = of + uses.count; of != end; ++of) {
    std::int32_t* const out = to + of->window * stride;
    WindowSums<kTwo> window(out);
    for (std::size_t use = 0; use < PatternUses::kMost; use += 2) {
      std::int32_t factors;
      std::memcpy(&factors, of->factors + use, sizeof factors);
      window.add(load(sums + of->patterns[use] * kPairSlots), load(sums + of->patterns[use + 1] * kPairSlots),
                 _mm512_set1_epi32(factors));
    }
    window.store(out);
  }
}

/// What patterns make of four input bits that follow one another, the lowest first.
REPRISE_AVX512 inline __m512i four_bits(const std::int16_t* sums, const std::uint32_t* patterns) {
  __m512i all = load(sums + patterns[3] * kPairSlots);
  for (int bit = 2; bit >= 0; --bit) {
    all = _mm512_add_epi16(_mm512_add_epi16(all, all), load(sums + patterns[bit] * kPairSlots));
  }
  return all;
}

/// Of windows that use a pattern for each input bit, where four_bits() fit: TableLimits::largest_slot_sum.
template <bool kTwo>
REPRISE_AVX512 void add_all_bits(const std::int16_t* sums, UseList uses, std::int32_t* to, std::size_t stride) {
  const __m512i factors = _mm512_set1_epi32(1 | 16 << 16);
  for (const PatternUses *of = uses.first, *end = of + uses.count; of != end; ++of) {
    std::int32_t* const out = to + of->window * stride;
    WindowSums<kTwo> window(out);
    window.add(four_bits(sums, of->patterns), four_bits(sums, of->patterns + 4), factors);
    window.store(out);
  }
}

template <bool kFourFit>
REPRISE_AVX512 void add_uses(const std::int16_t* sums, const UseList& uses, std::size_t blocks, std::int32_t* to,
                             std::size_t stride) {
  const bool four = kFourFit && uses.all_bits;
  const auto add = blocks == 2 ? (four ? add_all_bits<true> : add_any_bits<true>)
                               : (four ? add_all_bits<false> : add_any_bits<false>);
  add(sums, uses, to, stride);
}

/// What a use of a noisy pattern is, four times a byte and 32 bits: broadcasts of them from memory take no arithmetic.
struct SpreadUse {
  std::uint32_t rows[kMostPlanes];
  std::uint32_t ninth;
  std::uint32_t key_low;
  std::uint32_t key_factor;
  std::uint32_t shift;  ///< input bits between the use before and this one

  SpreadUse() = default;
  SpreadUse(const NoisyUse& use, std::uint32_t bit_before, unsigned planes)
      : ninth(static_cast<std::uint32_t>(use.rows >> 8 & 1U) * kBytes),
        key_low(static_cast<std::uint32_t>(use.key)),
        key_factor(static_cast<std::uint32_t>(use.key >> 32) | 1U),
        shift(use.bit - bit_before) {
    for (unsigned plane = 0; plane < planes; ++plane) {
      rows[plane] = static_cast<std::uint32_t>(use.rows >> (8 * plane) & 0xFFU) * kBytes;
    }
  }

 private:
  static constexpr std::uint32_t kBytes = 0x01010101;
};

REPRISE_AVX512 inline __m512i broadcast(std::uint32_t value) {
  return _mm512_set1_epi32(static_cast<int>(value));
}

constexpr unsigned kNineRows = 9;

/// The cells of a half of a block, of 8 rows at most, of kNineRows or, 0, of any number.
template <unsigned kRows>
class HalfCells {
 public:
  HalfCells() = default;
  REPRISE_AVX512 inline HalfCells(const Line* cells, unsigned planes)
      : first_(load(cells)), cells_(cells), planes_(planes) {
    if (kRows == kNineRows) ninth_ = _mm512_test_epi8_mask(load(cells + 1), _mm512_set1_epi8(1));
  }

  /// Rows that are on in each column.
  REPRISE_AVX512 inline __m512i count(const SpreadUse& use) const {
    __m512i sums = _mm512_popcnt_epi8(_mm512_and_si512(first_, broadcast(use.rows[0])));
    if (kRows == kNineRows) sums = _mm512_mask_add_epi8(sums, ninth_, sums, broadcast(use.ninth));
    for (unsigned plane = 1; kRows == 0 && plane < planes_; ++plane) {
      const __m512i on = _mm512_and_si512(load(cells_ + plane), broadcast(use.rows[plane]));
      sums = _mm512_add_epi8(sums, _mm512_popcnt_epi8(on));
    }
    return sums;
  }

 private:
  __m512i first_;
  __mmask64 ninth_ = 0;
  const Line* cells_ = nullptr;
  unsigned planes_ = 0;
};

/// What was drawn by products of words: fold_product().
REPRISE_AVX512 inline __m512i draw(const SpreadUse& use, __m512i products) {
  __m512i n = _mm512_add_epi32(products, broadcast(use.key_low));
  n = _mm512_mullo_epi32(_mm512_xor_si512(n, _mm512_srli_epi32(n, 16)), broadcast(use.key_factor));
  return _mm512_xor_si512(n, _mm512_srli_epi32(n, 16));
}

/// Adds 1 to the bytes of columns of which draws have reached a bound.
/// @param first, second  what was drawn for columns 0 and 1 of each slot, and for 2 and 3
REPRISE_AVX512 inline __m512i add_reached(__m512i sums, __m512i first, __m512i second, __m512i bound) {
  sums = _mm512_mask_add_epi16(sums, _mm512_cmpge_epu16_mask(first, bound), sums, _mm512_set1_epi16(1));
  return _mm512_mask_add_epi16(sums, _mm512_cmpge_epu16_mask(second, bound), sums, _mm512_set1_epi16(256));
}

/// What straight noisy columns make of sums, in bytes: the tables fit them.
class StraightBytes {
 public:
  static bool fits(const NoisyTable& table) { return table.straight && table.least <= 128; }

  REPRISE_AVX512 StraightBytes(const OutcomeTable& factors, const NoisyTable& table)
      : factors_{load(factors.factors[0]), load(factors.factors[1])},
        steps_(table.steps),
        more_(_mm512_set1_epi8(static_cast<char>(std::max<int>(table.least, 0)))),
        less_(_mm512_set1_epi8(static_cast<char>(std::min(std::max(-table.least, 0), 255)))),
        highest_(_mm512_set1_epi8(static_cast<char>(std::min<int>(table.highest, 255)))) {
    for (std::size_t k = 0; k < steps_; ++k) {
      bounds_[k] = _mm512_set1_epi16(static_cast<std::int16_t>(table.straight_bounds[k]));
    }
  }

  REPRISE_AVX512 inline __m512i add(__m512i slots, __m512i sums, unsigned half, __m512i first, __m512i second) const {
    sums = _mm512_add_epi8(sums, more_);
    for (std::size_t k = 0; k < steps_; ++k) sums = add_reached(sums, first, second, bounds_[k]);
    const __m512i outcomes = _mm512_min_epu8(_mm512_subs_epu8(sums, less_), highest_);
    return _mm512_dpbusd_epi32(slots, outcomes, factors_[half]);
  }

 private:
  __m512i factors_[2];
  std::size_t steps_;
  __m512i more_;
  __m512i less_;
  __m512i highest_;
  __m512i bounds_[NoisyTable::kMostSteps];
};

/// The same where noise is a row at most, either way, and no code is the highest.
class StraightRow {
 public:
  static bool fits(const NoisyTable& table, int rows) {
    return table.straight && table.least == -1 && table.steps == 2 && rows < table.highest;
  }

  REPRISE_AVX512 StraightRow(const OutcomeTable& factors, const NoisyTable& table)
      : factors_{load(factors.factors[0]), load(factors.factors[1])},
        bounds_{_mm512_set1_epi16(static_cast<std::int16_t>(table.straight_bounds[0])),
                _mm512_set1_epi16(static_cast<std::int16_t>(table.straight_bounds[1]))} {}

  REPRISE_AVX512 inline __m512i add(__m512i slots, __m512i sums, unsigned half, __m512i first, __m512i second) const {
    for (const __m512i& bound : bounds_) sums = add_reached(sums, first, second, bound);
    return _mm512_dpbusd_epi32(slots, _mm512_subs_epu8(sums, _mm512_set1_epi8(1)), factors_[half]);
  }

 private:
  __m512i factors_[2];
  __m512i bounds_[2];
};

/// What any noisy columns make of sums, both in 16 bits.
class NoisyWords {
 public:
  NoisyWords(const OutcomeTable& factors, const NoisyTable& table) : factors_(factors), table_(table) {}

  REPRISE_AVX512 inline __m512i add(__m512i slots, __m512i sums, unsigned half, __m512i first, __m512i second) const {
    const __m512i lower = outcomes(_mm512_and_si512(sums, _mm512_set1_epi16(0xFF)), first);
    const __m512i upper = outcomes(_mm512_srli_epi16(sums, 8), second);
    const auto* const factors = factors_.pair_factors + std::size_t{2} * half;
    return _mm512_dpwssd_epi32(_mm512_dpwssd_epi32(slots, lower, load(factors[0])), upper, load(factors[1]));
  }

 private:
  REPRISE_AVX512 inline __m512i outcomes(__m512i sums, __m512i drawn) const {
    return table_.straight ? straight(sums, drawn) : bent(sums, drawn);
  }

  REPRISE_AVX512 inline __m512i straight(__m512i sums, __m512i drawn) const {
    __m512i outcome = _mm512_add_epi16(sums, _mm512_set1_epi16(table_.least));
    for (std::size_t k = 0; k < table_.steps; ++k) {
      const __m512i bound = _mm512_set1_epi16(static_cast<std::int16_t>(table_.straight_bounds[k]));
      outcome = _mm512_mask_add_epi16(outcome, _mm512_cmpge_epu16_mask(drawn, bound), outcome, _mm512_set1_epi16(1));
    }
    return _mm512_min_epi16(_mm512_max_epi16(outcome, _mm512_setzero_si512()), _mm512_set1_epi16(table_.highest));
  }

  REPRISE_AVX512 inline __m512i bent(__m512i sums, __m512i drawn) const {
    __m512i outcome = _mm512_permutexvar_epi16(sums, load(table_.base));
    for (std::size_t k = 0; k < table_.steps; ++k) {
      const __m512i bounds = _mm512_permutexvar_epi16(sums, load(table_.bounds[k]));
      const __m512i changes = _mm512_permutexvar_epi16(sums, load(table_.changes[k]));
      outcome = _mm512_mask_add_epi16(outcome, _mm512_cmpge_epu16_mask(drawn, bounds), outcome, changes);
    }
    return outcome;
  }

  const OutcomeTable& factors_;
  const NoisyTable& table_;
};

constexpr std::size_t kSpreadUses = 8;

/// Block after block, all uses of each: from the last, of the highest input bit, to the first.
template <class Outcomes, unsigned kRows, unsigned kHalves>
REPRISE_AVX512 void add_spread(const BlockRange& range, const SpreadUse* uses, std::size_t count,
                               const Outcomes& outcomes, const std::uint32_t* words, std::int32_t* sums) {
  const __m512i step = broadcast(kFoldStep);
  for (std::size_t block = 0, blocks = range.blocks; block < blocks; ++block) {
    HalfCells<kRows> cells[kHalves];
    __m512i products[2 * kHalves];
    products[0] = load(words + block * kBlockSlots);
    for (unsigned i = 1; i < 2 * kHalves; ++i) products[i] = _mm512_add_epi32(products[i - 1], step);
    for (unsigned half = 0; half < kHalves; ++half) {
      cells[half] = HalfCells<kRows>(range.cells + (block * kHalves + half) * range.planes, range.planes);
    }
    __m512i slots = _mm512_setzero_si512();
    for (std::size_t i = count; i-- > 0;) {
      for (unsigned half = 0; half < kHalves; ++half) {
        slots = outcomes.add(slots, cells[half].count(uses[i]), half, draw(uses[i], products[2 * half]),
                             draw(uses[i], products[2 * half + 1]));
      }
      slots = _mm512_sllv_epi32(slots, broadcast(uses[i].shift));
    }
    _mm512_storeu_si512(sums + block * kBlockSlots, _mm512_add_epi32(load(sums + block * kBlockSlots), slots));
  }
}

template <class Outcomes, unsigned kRows>
REPRISE_AVX512 void add_noisy_rows(const BlockRange& range, const NoisyUseList& uses, const OutcomeTable& factors,
                                   const NoisyTable& table, const std::uint32_t* words, std::int32_t* sums) {
  const Outcomes outcomes(factors, table);
  const unsigned planes = kRows == 0 ? range.planes : 1;
  SpreadUse spread[kSpreadUses];
  for (std::size_t first = 0; first < uses.count; first += kSpreadUses) {
    const std::size_t count = std::min(kSpreadUses, uses.count - first);
    for (std::size_t i = 0; i < count; ++i) {
      const NoisyUse* const use = uses.first + first + i;
      spread[i] = SpreadUse(*use, i == 0 ? 0 : use[-1].bit, planes);
    }
    const auto add = range.halves == 2 ? add_spread<Outcomes, kRows, 2> : add_spread<Outcomes, kRows, 1>;
    add(range, spread, count, outcomes, words, sums);
  }
}

/// @param rows  that are on in any use
template <class Outcomes>
auto noisy_function(std::uint64_t rows) {
  if (rows >> 8 == 0) return add_noisy_rows<Outcomes, 8>;
  return rows >> kNineRows == 0 ? add_noisy_rows<Outcomes, kNineRows> : add_noisy_rows<Outcomes, 0>;
}

REPRISE_AVX512 void add_noisy(const BlockRange& range, const NoisyUseList& uses, const OutcomeTable& factors,
                              const NoisyTable& table, const std::uint32_t* words, std::int32_t* sums) {
  std::uint64_t rows = 0;
  for (std::size_t i = 0; i < uses.count; ++i) rows |= uses.first[i].rows;
  const auto add = StraightRow::fits(table, __builtin_popcountll(rows)) ? noisy_function<StraightRow>(rows)
                   : StraightBytes::fits(table)                         ? noisy_function<StraightBytes>(rows)
                                                                        : noisy_function<NoisyWords>(rows);
  add(range, uses, factors, table, words, sums);
}

}  // namespace

PatternFunctions avx512_functions(const TableLimits& limits) {
  constexpr unsigned kFourBits = 15;
  const bool alike = limits.columns_alike && limits.largest_index < kLineBytes;
  const bool low = limits.columns_alike && limits.largest_index < 16;
  const bool four_fit = kFourBits * limits.largest_slot_sum <= std::numeric_limits<std::int16_t>::max();
  const auto make = low ? make_low_sums : alike ? make_sums<true> : make_sums<false>;
  return {make, four_fit ? add_uses<true> : add_uses<false>, add_noisy};
}

}  // namespace reprise::detail
#pragma GCC diagnostic pop
#endif
