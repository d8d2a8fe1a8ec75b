#include "tlm/pattern_functions.h"

#if defined(__x86_64__)
// GCC 12 warns of its own header: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

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

/// @param kPlanes  looked at; 0: range.planes
template <unsigned kPlanes, unsigned kHalves, bool kAlike>
REPRISE_AVX512 void make_blocks(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& table,
                                std::uint32_t* sums) {
  const unsigned planes = range.planes;
  __m512i on[kMostPlanes];
  spread(pattern, kPlanes == 0 ? planes : kPlanes, on);
  const __m512i low = load(table.outcomes);
  const __m512i high = load(table.outcomes + kLineBytes);
  // Ahead of the loop: what is stored in it might lie there.
  const __m512i first[2] = {load(table.first[0]), load(table.first[1])};
  const __m512i factors[2] = {load(table.factors[0]), load(table.factors[1])};
  const Line* cells = range.cells;
  for (std::size_t block = 0, blocks = range.blocks; block < blocks; ++block) {
    __m512i slots = _mm512_setzero_si512();
    for (unsigned half = 0; half < kHalves; ++half, cells += planes) {
      const __m512i counted = count_rows<kPlanes>(cells, planes, on);
      slots = _mm512_dpbusd_epi32(slots, outcomes_of<kAlike>(counted, first[half], low, high), factors[half]);
    }
    _mm512_storeu_si512(sums + block * kBlockSlots, slots);
  }
}

template <unsigned kHalves, bool kAlike>
REPRISE_AVX512 void make_halves(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& table,
                                std::uint32_t* sums) {
  if ((pattern >> 8) == 0) return make_blocks<1, kHalves, kAlike>(range, pattern, table, sums);
  if (range.planes == 2) return make_blocks<2, kHalves, kAlike>(range, pattern, table, sums);
  make_blocks<0, kHalves, kAlike>(range, pattern, table, sums);
}

template <bool kAlike>
REPRISE_AVX512 void make_sums(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& table,
                              std::uint32_t* sums) {
  if (range.halves == 2) return make_halves<2, kAlike>(range, pattern, table, sums);
  make_halves<1, kAlike>(range, pattern, table, sums);
}

template <std::size_t kVectors>
REPRISE_AVX512 inline void add_lanes(const std::uint32_t* table, std::size_t stride, const PatternUse* uses,
                                     std::size_t count, std::uint32_t* sums) {
  __m512i sum[kVectors];
  for (__m512i& lanes : sum) lanes = _mm512_setzero_si512();
  for (std::size_t use = 0; use < count; ++use) {
    const std::uint32_t* const from = table + uses[use].pattern * stride;
    const __m512i bit = _mm512_set1_epi32(static_cast<int>(uses[use].bit));
    for (std::size_t v = 0; v < kVectors; ++v) {
      sum[v] = _mm512_add_epi32(sum[v], _mm512_sllv_epi32(load(from + v * kBlockSlots), bit));
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) _mm512_storeu_si512(sums + v * kBlockSlots, sum[v]);
}

REPRISE_AVX512 void add_uses(const std::uint32_t* table, std::size_t stride, const PatternUse* uses, std::size_t count,
                             std::size_t lanes, std::uint32_t* sums) {
  constexpr std::size_t kAtOnce = 8;
  std::size_t i = 0;
  for (; i + kAtOnce * kBlockSlots <= lanes; i += kAtOnce * kBlockSlots) {
    add_lanes<kAtOnce>(table + i, stride, uses, count, sums + i);
  }
  for (; i + 4 * kBlockSlots <= lanes; i += 4 * kBlockSlots) add_lanes<4>(table + i, stride, uses, count, sums + i);
  for (; i < lanes; i += kBlockSlots) add_lanes<1>(table + i, stride, uses, count, sums + i);
}

/// fold() of a word for each of 16 slots, whose product with the first constant is given.
REPRISE_AVX512 inline __m512i fold_products(__m512i products, __m512i low, __m512i high) {
  __m512i n = _mm512_add_epi32(products, low);
  n = _mm512_xor_si512(n, _mm512_srli_epi32(n, 16));
  n = _mm512_xor_si512(_mm512_mullo_epi32(n, _mm512_set1_epi32(static_cast<int>(0x85EBCA6BU))), high);
  n = _mm512_xor_si512(n, _mm512_srli_epi32(n, 13));
  n = _mm512_mullo_epi32(n, _mm512_set1_epi32(static_cast<int>(0xC2B2AE35U)));
  return _mm512_xor_si512(n, _mm512_srli_epi32(n, 16));
}

/// What noisy columns make of sums, both in 16 bits.
REPRISE_AVX512 inline __m512i noisy_outcomes(const NoisyTable& table, __m512i sums, __m512i drawn) {
  if (table.straight) {
    const __m512i one = _mm512_set1_epi16(1);
    __m512i outcome = _mm512_add_epi16(sums, _mm512_set1_epi16(table.least));
    for (std::size_t k = 0; k < table.steps; ++k) {
      const __m512i bound = _mm512_set1_epi16(static_cast<std::int16_t>(table.straight_bounds[k]));
      outcome = _mm512_mask_add_epi16(outcome, _mm512_cmpge_epu16_mask(drawn, bound), outcome, one);
    }
    return _mm512_min_epi16(_mm512_max_epi16(outcome, _mm512_setzero_si512()), _mm512_set1_epi16(table.highest));
  }
  __m512i outcome = _mm512_permutexvar_epi16(sums, load(table.base));
  for (std::size_t k = 0; k < table.steps; ++k) {
    const __m512i bounds = _mm512_permutexvar_epi16(sums, load(table.bounds[k]));
    const __m512i changes = _mm512_permutexvar_epi16(sums, load(table.changes[k]));
    outcome = _mm512_mask_add_epi16(outcome, _mm512_cmpge_epu16_mask(drawn, bounds), outcome, changes);
  }
  return outcome;
}

template <unsigned kPlanes>
REPRISE_AVX512 void add_noisy_planes(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& factors,
                                     const NoisyTable& table, const std::uint32_t* words, std::uint64_t key,
                                     unsigned bit, std::uint32_t* sums) {
  constexpr std::uint32_t kStep = 0x9E3779B9U;
  __m512i on[kMostPlanes];
  spread(pattern, kPlanes == 0 ? range.planes : kPlanes, on);
  const __m512i low = _mm512_set1_epi32(static_cast<int>(key));
  const __m512i high = _mm512_set1_epi32(static_cast<int>(key >> 32));
  const __m512i step = _mm512_set1_epi32(static_cast<int>(kStep));
  const __m512i byte = _mm512_set1_epi32(0xFF);
  const __m512i second = _mm512_set1_epi32(0xFF0000);
  for (std::size_t block = 0; block < range.blocks; ++block) {
    __m512i slots = _mm512_setzero_si512();
    __m512i products = _mm512_mullo_epi32(load(words + block * kBlockSlots), step);
    for (unsigned half = 0; half < range.halves; ++half) {
      const Line* const cells = range.cells + (block * range.halves + half) * range.planes;
      const __m512i rows = count_rows<kPlanes>(cells, range.planes, on);
      for (unsigned pair = 0; pair < 2; ++pair) {  // columns 0 and 1 of each slot, then 2 and 3
        const __m512i here = pair == 0 ? rows : _mm512_srli_epi32(rows, 16);
        const __m512i two =
            _mm512_or_si512(_mm512_and_si512(here, byte), _mm512_and_si512(_mm512_slli_epi32(here, 8), second));
        const __m512i outcome = noisy_outcomes(table, two, fold_products(products, low, high));
        slots = _mm512_dpwssd_epi32(slots, outcome, load(factors.pair_factors[2 * half + pair]));
        products = _mm512_add_epi32(products, step);
      }
    }
    const __m512i weighted = _mm512_sllv_epi32(slots, _mm512_set1_epi32(static_cast<int>(bit)));
    _mm512_storeu_si512(sums + block * kBlockSlots, _mm512_add_epi32(load(sums + block * kBlockSlots), weighted));
  }
}

REPRISE_AVX512 void add_noisy(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& factors,
                              const NoisyTable& table, const std::uint32_t* words, std::uint64_t key, unsigned bit,
                              std::uint32_t* sums) {
  if ((pattern >> 8) == 0) return add_noisy_planes<1>(range, pattern, factors, table, words, key, bit, sums);
  if (range.planes == 2) return add_noisy_planes<2>(range, pattern, factors, table, words, key, bit, sums);
  add_noisy_planes<0>(range, pattern, factors, table, words, key, bit, sums);
}

}  // namespace

PatternFunctions avx512_functions(const TableLimits& limits) {
  const bool alike = limits.columns_alike && limits.largest_index < kLineBytes;
  return {alike ? make_sums<true> : make_sums<false>, add_uses, add_noisy};
}

}  // namespace reprise::detail
#pragma GCC diagnostic pop
#endif
