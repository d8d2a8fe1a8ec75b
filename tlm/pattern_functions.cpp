#include "tlm/pattern_functions.h"

#include <algorithm>

#include "support/counter_random.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

/// sums[lane] = rows that are on; `cells` are the planes of one half.
REPRISE_VECTOR_CLONES void count_rows(const Line* cells, unsigned planes, std::uint64_t pattern, std::uint8_t* sums) {
  std::fill(sums, sums + kLineBytes, std::uint8_t{0});
  for (unsigned plane = 0; plane < planes; ++plane) {
    const auto on = static_cast<std::uint8_t>(pattern >> (8 * plane));
    if (on == 0) continue;
    for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
      unsigned x = cells[plane].bytes[lane] & on;
      x -= (x >> 1) & 0x55U;
      x = (x & 0x33U) + ((x >> 2) & 0x33U);
      sums[lane] = static_cast<std::uint8_t>(sums[lane] + ((x + (x >> 4)) & 0x0FU));
    }
  }
}

void make_sums(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& table, std::uint32_t* sums) {
  std::uint8_t rows[kLineBytes];
  for (std::size_t block = 0; block < range.blocks; ++block, sums += kBlockSlots) {
    std::fill(sums, sums + kBlockSlots, 0U);
    for (unsigned half = 0; half < range.halves; ++half) {
      count_rows(range.cells + (block * range.halves + half) * range.planes, range.planes, pattern, rows);
      for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
        const int outcome = table.outcomes[table.first[half][lane] + rows[lane]];
        sums[lane / 4] += static_cast<std::uint32_t>(outcome * table.factors[half][lane]);
      }
    }
  }
}

REPRISE_VECTOR_CLONES void add_uses(const std::uint32_t* table, std::size_t stride, const PatternUse* uses,
                                    std::size_t count, std::size_t lanes, std::uint32_t* sums) {
  std::fill(sums, sums + lanes, 0U);
  for (std::size_t use = 0; use < count; ++use) {
    const std::uint32_t* const from = table + uses[use].pattern * stride;
    const std::uint32_t bit = uses[use].bit;
    for (std::size_t i = 0; i < lanes; ++i) sums[i] += from[i] << bit;
  }
}

/// What was drawn for the 64 columns of one half; `first` are the words of their first columns.
REPRISE_VECTOR_CLONES void draw(const std::uint32_t* words, std::uint32_t more, std::uint64_t key,
                                std::uint32_t* drawn) {
  for (std::size_t i = 0; i < 2 * kBlockSlots; ++i) {
    drawn[i] = fold(key, words[i / 2] + more + static_cast<std::uint32_t>(i % 2));
  }
}

/// What straight noisy columns make of sums.
REPRISE_VECTOR_CLONES void straight_outcomes(const NoisyTable& table, const std::uint8_t* rows,
                                             const std::uint32_t* drawn, std::int16_t* outcomes) {
  std::uint16_t draws[kLineBytes];
  for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
    outcomes[lane] = static_cast<std::int16_t>(rows[lane] + table.least);
    draws[lane] = static_cast<std::uint16_t>(drawn[lane / 2] >> (lane % 2 * 16));
  }
  for (std::size_t k = 0; k < table.steps; ++k) {
    const std::uint16_t bound = table.straight_bounds[k];
    for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
      outcomes[lane] = static_cast<std::int16_t>(outcomes[lane] + (draws[lane] >= bound ? 1 : 0));
    }
  }
  for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
    outcomes[lane] = std::min(std::max(outcomes[lane], std::int16_t{0}), table.highest);
  }
}

void bent_outcomes(const NoisyTable& table, const std::uint8_t* rows, const std::uint32_t* drawn,
                   std::int16_t* outcomes) {
  for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
    const std::uint32_t r = (drawn[lane / 2] >> (lane % 2 * 16)) & 0xFFFFU;
    const std::size_t sum = rows[lane];
    std::uint32_t value = table.base[sum];
    for (std::size_t k = 0; k < table.steps; ++k) value += r >= table.bounds[k][sum] ? table.changes[k][sum] : 0U;
    outcomes[lane] = static_cast<std::int16_t>(value);
  }
}

REPRISE_VECTOR_CLONES void add_weighted(const std::int16_t* outcomes, const std::int8_t* factors, unsigned bit,
                                        std::uint32_t* sums) {
  std::int32_t products[kLineBytes];
  for (std::size_t lane = 0; lane < kLineBytes; ++lane) products[lane] = outcomes[lane] * factors[lane];
  for (std::size_t slot = 0; slot < kBlockSlots; ++slot) {
    const std::int32_t* const of_slot = products + 4 * slot;
    sums[slot] += static_cast<std::uint32_t>(of_slot[0] + of_slot[1] + of_slot[2] + of_slot[3]) << bit;
  }
}

void add_noisy(const BlockRange& range, std::uint64_t pattern, const OutcomeTable& factors, const NoisyTable& table,
               const std::uint32_t* words, std::uint64_t key, unsigned bit, std::uint32_t* sums) {
  std::uint8_t rows[kLineBytes];
  std::uint32_t drawn[2 * kBlockSlots];
  std::int16_t outcomes[kLineBytes];
  for (std::size_t block = 0; block < range.blocks; ++block, sums += kBlockSlots, words += kBlockSlots) {
    for (unsigned half = 0; half < range.halves; ++half) {
      count_rows(range.cells + (block * range.halves + half) * range.planes, range.planes, pattern, rows);
      draw(words, 2 * half, key, drawn);
      if (table.straight) {
        straight_outcomes(table, rows, drawn, outcomes);
      } else {
        bent_outcomes(table, rows, drawn, outcomes);
      }
      add_weighted(outcomes, factors.factors[half], bit, sums);
    }
  }
}

}  // namespace

namespace detail {

PatternFunctions portable_functions() {
  return {make_sums, add_uses, add_noisy};
}

}  // namespace detail

PatternFunctions pattern_functions([[maybe_unused]] InstructionSet instructions,
                                   [[maybe_unused]] const TableLimits& limits) {
  PatternFunctions functions = detail::portable_functions();
#if defined(__x86_64__)
  if (instructions == InstructionSet::avx512) return detail::avx512_functions(limits);
  // Sums are looked up in 16 bytes there, and pairs of products must fit 16 bits.
  const bool fits = limits.columns_alike && limits.largest_index < 16 && limits.largest_outcome < 128;
  if (instructions == InstructionSet::avx2 && fits) functions.make_sums = detail::make_sums_avx2;
#endif
  return functions;
}

}  // namespace reprise
