#include "tlm/pattern_functions.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define REPRISE_AVX2 __attribute__((target("avx2")))

namespace reprise::detail {
namespace {

constexpr std::size_t kBytes = 32;

REPRISE_AVX2 __m256i load(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

/// Ones in each byte.
REPRISE_AVX2 __m256i ones(__m256i x) {
  const __m256i of_nibble = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                             2, 3, 2, 3, 3, 4);
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

}  // namespace

REPRISE_AVX2 void make_sums_avx2(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& table,
                                 std::uint32_t* sums) {
  const __m256i outcomes =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table.outcomes)));
  const __m256i one = _mm256_set1_epi16(1);
  for (std::size_t block = 0; block < range.blocks; ++block, sums += kBlockSlots) {
    for (std::size_t part = 0; part < kLineBytes; part += kBytes) {
      __m256i slots = _mm256_setzero_si256();
      for (unsigned half = 0; half < range.halves; ++half) {
        const Line* const cells = range.cells + (block * range.halves + half) * range.planes;
        const __m256i outcome = _mm256_shuffle_epi8(outcomes, count_rows(cells, part, range.planes, pattern));
        const __m256i pairs = _mm256_maddubs_epi16(outcome, load(table.factors[half] + part));
        slots = _mm256_add_epi32(slots, _mm256_madd_epi16(pairs, one));
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + part / 4), slots);
    }
  }
}

}  // namespace reprise::detail
#endif
