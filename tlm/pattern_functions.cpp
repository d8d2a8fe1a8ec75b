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

void make_sums(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table, std::int16_t* sums) {
  std::uint8_t rows[kLineBytes];
  PatternPlaces places(patterns, sums);
  for (std::size_t p = 0; p < patterns.count; ++p) {
    std::int16_t* const to = places.next(patterns.rows[p]);
    std::fill(to, to + range.blocks * kBlockSlots, table.bias);
    for (std::size_t line = 0; line < range.blocks * range.halves; ++line) {
      const std::size_t half = line % range.halves;
      count_rows(range.cells + line * range.planes, range.planes, patterns.rows[p], rows);
      std::int16_t* const of_block = to + line / range.halves * kBlockSlots;
      for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
        const int outcome = table.outcomes[table.first[half][lane] + rows[lane]];
        of_block[lane / 4] = static_cast<std::int16_t>(of_block[lane / 4] + outcome * table.factors[half][lane]);
      }
    }
  }
}

constexpr unsigned kLowRows = 4;
constexpr unsigned kSplitRows = 9;

/// Rows that are on in the columns of each slot of a block, four bits a column, by the low rows of a pattern and by the
/// others.
struct SplitCounts {
  std::uint32_t low[1U << kLowRows][kBlockSlots];
  std::uint32_t high[1U << (kSplitRows - kLowRows)][kBlockSlots];
};

/// The bytes of a line by slot: its places from the lowest byte on.
void columns_of(const Line& line, std::uint32_t* slots) {
  for (std::size_t slot = 0; slot < kBlockSlots; ++slot) {
    const std::uint8_t* const bytes = line.bytes + 4 * slot;
    slots[slot] =
        bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24;
  }
}

/// ones[slot]: a row's cells, one in four bits.
REPRISE_VECTOR_CLONES void spread_row(const std::uint32_t* first, const std::uint32_t* second, unsigned row,
                                      std::uint32_t* ones) {
  for (std::size_t slot = 0; slot < kBlockSlots; ++slot) {
    std::uint32_t a = (first[slot] >> row) & 0x01010101U;
    std::uint32_t b = (second[slot] >> row) & 0x01010101U;
    a = (a | a >> 4) & 0x00110011U;
    b = (b | b >> 4) & 0x00110011U;
    ones[slot] = ((a | a >> 8) & 0x1111U) | ((b | b >> 8) & 0x1111U) << 16;
  }
}

REPRISE_VECTOR_CLONES void add_row(const std::uint32_t* ones, std::size_t known, std::uint32_t (*sums)[kBlockSlots]) {
  for (std::size_t i = 0; i < known; ++i) {
    for (std::size_t slot = 0; slot < kBlockSlots; ++slot) sums[known + i][slot] = sums[i][slot] + ones[slot];
  }
}

void split_counts(const Line* cells, unsigned planes, unsigned halves, unsigned rows, SplitCounts& counts) {
  std::fill_n(counts.low[0], kBlockSlots, 0U);
  std::fill_n(counts.high[0], kBlockSlots, 0U);
  std::uint32_t columns[2][kBlockSlots] = {};
  std::uint32_t ones[kBlockSlots];
  for (unsigned row = 0; row < rows; ++row) {
    for (unsigned half = 0; row % 8 == 0 && half < halves; ++half) {
      columns_of(cells[half * planes + row / 8], columns[half]);
    }
    spread_row(columns[0], columns[1], row % 8, ones);
    const bool low = row < kLowRows;
    add_row(ones, std::size_t{1} << (low ? row : row - kLowRows), low ? counts.low : counts.high);
  }
}

void make_from_counts(const SplitCounts& counts, const PatternList& patterns, const OutcomeTable& table,
                      std::int16_t* sums) {
  PatternPlaces places(patterns, sums);
  for (std::size_t p = 0; p < patterns.count; ++p) {
    std::int16_t* const to = places.next(patterns.rows[p]);
    const std::uint32_t* const low = counts.low[patterns.rows[p] % (1U << kLowRows)];
    const std::uint32_t* const high = counts.high[patterns.rows[p] >> kLowRows];
    for (std::size_t slot = 0; slot < kBlockSlots; ++slot) {
      const std::uint32_t of_columns = low[slot] + high[slot];
      const int sum = table.pair_outcomes[0][of_columns & 0xFFU] + table.pair_outcomes[1][(of_columns >> 8) & 0xFFU] +
                      table.pair_outcomes[2][(of_columns >> 16) & 0xFFU] + table.pair_outcomes[3][of_columns >> 24];
      to[slot] = static_cast<std::int16_t>(sum);
    }
  }
}

/// Looks up two columns at a time: sums are below 16.
void make_from_pairs(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                     std::int16_t* sums) {
  const unsigned rows = rows_shown(patterns);
  if (rows > kSplitRows) return make_sums(range, patterns, table, sums);
  for (std::size_t block = 0; block < range.blocks; ++block) {
    SplitCounts counts;
    split_counts(range.cells + block * range.halves * range.planes, range.planes, range.halves, rows, counts);
    make_from_counts(counts, patterns, table, sums + block * kBlockSlots);
  }
}

REPRISE_VECTOR_CLONES void add_uses(const std::int16_t* sums, const UseList& uses, std::size_t blocks, std::int32_t* to,
                                    std::size_t stride) {
  for (const PatternUses* of = uses.first; of != uses.first + uses.count; ++of) {
    std::int32_t* const out = to + of->window * stride;
    for (std::size_t use = 0; use < PatternUses::kMost; ++use) {
      const std::int16_t* const from = sums + of->patterns[use] * kPairSlots;
      const int factor = of->factors[use];
      for (std::size_t i = 0; factor != 0 && i < blocks * kBlockSlots; ++i) {
        out[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(out[i]) +
                                           static_cast<std::uint32_t>(from[i] * factor));
      }
    }
  }
}

/// Adds what the straight noisy columns of a half make of their sums, by slot and weighted.
/// @param rows      of each slot's four places, from the lowest byte on
/// @param products  of the slots' first words of the half
REPRISE_VECTOR_CLONES void add_straight(const NoisyTable& table, const std::uint32_t* rows,
                                        const std::uint32_t* products, std::uint64_t key, const std::int8_t* factors,
                                        std::int32_t* slots) {
  std::uint32_t drawn[kBlockSlots] = {};
  const std::int32_t least = table.least;
  const std::int32_t highest = table.highest;
  for (unsigned column = 0; column < 4; ++column) {
    if (column % 2 == 0) {
      for (std::size_t i = 0; i < kBlockSlots; ++i) drawn[i] = fold_product(key, products[i] + column / 2 * kFoldStep);
    }
    std::int32_t outcomes[kBlockSlots];
    for (std::size_t i = 0; i < kBlockSlots; ++i) {
      outcomes[i] = static_cast<std::int32_t>((rows[i] >> (8 * place_of(column))) & 0xFFU) + least;
    }
    for (std::size_t k = 0; k < table.steps; ++k) {
      const std::int32_t bound = table.straight_bounds[k];
      for (std::size_t i = 0; i < kBlockSlots; ++i) {
        const auto draw = static_cast<std::int32_t>((drawn[i] >> (column % 2 * 16)) & 0xFFFFU);
        outcomes[i] += draw >= bound ? 1 : 0;
      }
    }
    const std::int32_t factor = factors[place_of(column)];
    for (std::size_t i = 0; i < kBlockSlots; ++i) {
      slots[i] += std::min(std::max(outcomes[i], 0), highest) * factor;
    }
  }
}

/// What was drawn for the 64 columns of one half; `first` are the words of their first columns.
REPRISE_VECTOR_CLONES void draw(const std::uint32_t* products, std::uint64_t key, std::uint32_t* drawn) {
  for (std::size_t i = 0; i < 2 * kBlockSlots; ++i) {
    drawn[i] = fold_product(key, products[i / 2] + static_cast<std::uint32_t>(i % 2) * kFoldStep);
  }
}

void bent_outcomes(const NoisyTable& table, const std::uint8_t* rows, const std::uint32_t* drawn,
                   std::int16_t* outcomes) {
  for (std::size_t lane = 0; lane < kLineBytes; ++lane) {
    const std::size_t column = lane / 4 * 4 + place_of(lane);  // places of places are columns
    const std::uint32_t r = (drawn[column / 2] >> (column % 2 * 16)) & 0xFFFFU;
    const std::size_t sum = rows[lane];
    std::uint32_t value = table.base[sum];
    for (std::size_t k = 0; k < table.steps; ++k) value += r >= table.bounds[k][sum] ? table.changes[k][sum] : 0U;
    outcomes[lane] = static_cast<std::int16_t>(value);
  }
}

void add_weighted(const std::int16_t* outcomes, const std::int8_t* factors, std::int32_t* slots) {
  for (std::size_t lane = 0; lane < kLineBytes; ++lane) slots[lane / 4] += outcomes[lane] * factors[lane];
}

void add_noisy_half(const NoisyTable& table, const std::uint8_t* rows, const std::uint32_t* products, std::uint64_t key,
                    const std::int8_t* factors, std::int32_t* slots) {
  if (table.straight) {
    Line line;
    std::copy_n(rows, kLineBytes, line.bytes);
    std::uint32_t columns[kBlockSlots];
    columns_of(line, columns);
    return add_straight(table, columns, products, key, factors, slots);
  }
  std::uint32_t drawn[2 * kBlockSlots];
  std::int16_t outcomes[kLineBytes];
  draw(products, key, drawn);
  bent_outcomes(table, rows, drawn, outcomes);
  add_weighted(outcomes, factors, slots);
}

void add_noisy_use(const BlockRange& range, const NoisyUse& use, const OutcomeTable& factors, const NoisyTable& table,
                   const std::uint32_t* words, std::int32_t* sums) {
  std::uint8_t rows[kLineBytes];
  std::uint32_t products[kBlockSlots];
  for (std::size_t block = 0; block < range.blocks; ++block, sums += kBlockSlots, words += kBlockSlots) {
    std::int32_t slots[kBlockSlots] = {};
    std::copy_n(words, kBlockSlots, products);
    for (unsigned half = 0; half < range.halves; ++half) {
      count_rows(range.cells + (block * range.halves + half) * range.planes, range.planes, use.rows, rows);
      add_noisy_half(table, rows, products, use.key, factors.factors[half], slots);
      for (std::uint32_t& product : products) product += 2 * kFoldStep;
    }
    for (std::size_t i = 0; i < kBlockSlots; ++i) {
      sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) +
                                          (static_cast<std::uint32_t>(slots[i]) << use.bit));
    }
  }
}

void add_noisy(const BlockRange& range, const NoisyUseList& uses, const OutcomeTable& factors, const NoisyTable& table,
               const std::uint32_t* words, std::int32_t* sums) {
  for (std::size_t i = 0; i < uses.count; ++i) add_noisy_use(range, uses.first[i], factors, table, words, sums);
}

}  // namespace

namespace detail {

PatternFunctions portable_functions(const TableLimits& limits) {
  return {limits.largest_sum < 16 ? make_from_pairs : make_sums, add_uses, add_noisy};
}

}  // namespace detail

unsigned rows_shown(const PatternList& patterns) {
  return patterns.any == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(patterns.any));
}

PatternFunctions pattern_functions([[maybe_unused]] InstructionSet instructions,
                                   [[maybe_unused]] const TableLimits& limits) {
#if defined(__x86_64__)
  if (instructions == InstructionSet::avx512) return detail::avx512_functions(limits);
  // Sums are looked up in 16 bytes there, and pairs of products must fit 16 bits.
  const bool fits = limits.columns_alike && limits.largest_index < 16 && limits.largest_outcome < 128;
  if (instructions == InstructionSet::avx2 && fits) return detail::avx2_functions();
#endif
  return detail::portable_functions(limits);
}

}  // namespace reprise
