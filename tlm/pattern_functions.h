#pragma once

#include <cstddef>
#include <cstdint>

#include "support/instruction_set.h"

/// The inner loops of PatternKernel, in code for several instruction sets.
///
/// Slots lie in blocks of 16, four columns of each beside one another: byte 4 * slot + place_of(column) of half
/// column / 4.
/// Cells of a block are lines of 64 bytes, [half][plane]; row r of a row group is bit r % 8 of plane r / 8.
namespace reprise {

constexpr std::size_t kBlockSlots = 16;
constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kPairSlots = 2 * kBlockSlots;
constexpr std::size_t kMostPlanes = 8;

/// Columns 0, 2, 1 and 3: what is drawn for two columns at once is for those of two words' lower, or upper, bytes.
constexpr std::size_t place_of(std::size_t column) {
  return column % 2 * 2 + column / 2 % 2;
}

struct alignas(kLineBytes) Line {
  std::uint8_t bytes[kLineBytes];
};

/// What columns make of bitline sums, the same in all slots of a block.
struct OutcomeTable {
  alignas(kLineBytes) std::int8_t factors[2][kLineBytes] = {};  ///< of a column in its slot; 0: none
  alignas(kLineBytes) std::int16_t
      pair_factors[4][kLineBytes / 2] = {};                    ///< the same, by two columns: [column / 2][2 * slot + i]
  alignas(kLineBytes) std::uint8_t first[2][kLineBytes] = {};  ///< where a column's outcomes begin
  alignas(kLineBytes) std::uint8_t outcomes[128] = {};         ///< [first + sum]
  /// [pair of places][sum + 16 * sum of the second]: what two columns add to their slot, where sums are below 16; the
  /// first pair also the bias.
  std::int16_t pair_outcomes[4][256] = {};
  std::int16_t bias = 0;  ///< of a slot's sum
};

/// The same where conversions are noisy. Straight: the sum, `least` more, and one more for each of straight_bounds[k]
/// that the draw has reached, within 0..highest. Otherwise base[sum], and changes[k][sum] more from draw bounds[k][sum]
/// on.
struct NoisyTable {
  static constexpr std::size_t kSums = 32;
  static constexpr std::size_t kMostSteps = 16;
  std::size_t steps = 0;
  bool straight = false;
  std::int16_t least = 0;
  std::int16_t highest = 0;
  std::uint16_t straight_bounds[kMostSteps] = {};
  alignas(kLineBytes) std::uint16_t base[kSums] = {};
  alignas(kLineBytes) std::uint16_t bounds[kMostSteps][kSums] = {};
  alignas(kLineBytes) std::uint16_t changes[kMostSteps][kSums] = {};  ///< modulo 2^16
};

/// Up to eight uses that a window makes of patterns of input bits.
struct PatternUses {
  static constexpr std::size_t kMost = 8;
  std::uint32_t patterns[kMost] = {};  ///< their numbers
  std::int16_t factors[kMost] = {};    ///< 1 << input bit; 0: none
  std::uint32_t window = 0;
};

/// Of all windows, ascending; several of one window where it has more than eight uses.
struct UseList {
  const PatternUses* first = nullptr;
  std::size_t count = 0;
  bool all_bits = false;  ///< pattern i of each is that of input bit i; where there is none, its sums are 0
};

/// A pattern whose conversions are noisy.
struct NoisyUse {
  std::uint64_t rows = 0;  ///< that are on
  std::uint64_t key = 0;   ///< of the activation
  std::uint32_t bit = 0;
  std::uint32_t window = 0;
};

/// Of one window, bits ascending.
struct NoisyUseList {
  const NoisyUse* first = nullptr;
  std::size_t count = 0;
};

struct BlockRange {
  const Line* cells = nullptr;
  std::size_t blocks = 0;
  unsigned planes = 1;  ///< 1..8
  unsigned halves = 2;  ///< 1 where slots have four columns at most
};

constexpr std::size_t kBlockPatterns = 8;

struct PatternList {
  const std::uint64_t* rows = nullptr;  ///< that are on
  std::size_t count = 0;
  std::uint64_t any = 0;  ///< rows that are on in any pattern
  bool by_rows = false;   ///< a pattern's number is its rows, not its place here
  bool blocks = false;    ///< each stands for kBlockPatterns, from these rows on; numbers are rows
};

/// Where sums of patterns go, one after the other, without a branch on what their numbers are.
class PatternPlaces {
 public:
  PatternPlaces(const PatternList& patterns, std::int16_t* sums)
      : to_(sums), by_rows_(patterns.by_rows ? kPairSlots : 0), by_place_(kPairSlots - by_rows_) {}

  std::int16_t* next(std::uint64_t rows) {
    std::int16_t* const to = to_ + by_rows_ * rows;
    to_ += by_place_;
    return to;
  }

 private:
  std::int16_t* to_;
  std::size_t by_rows_;
  std::size_t by_place_;
};

struct PatternFunctions {
  /// sums[kPairSlots * number + slot] = what the slots' columns make of the rows that are on, weighted, for one or two
  /// blocks; slots are in an order of their own.
  void (*make_sums)(const BlockRange& range, const PatternList& patterns, const OutcomeTable& table,
                    std::int16_t* sums);
  /// to[stride * window + slot] += sum over the window's uses of factor * sum of the pattern, as make_sums() made it,
  /// modulo 2^32; for `blocks` blocks, one or two.
  void (*add_uses)(const std::int16_t* sums, const UseList& uses, std::size_t blocks, std::int32_t* to,
                   std::size_t stride);
  /// sums[slot] += what the slots' columns make of the rows that are on, with noise, weighted, << bit, for all uses.
  /// @param words  [slot]: half the number of its first column, times kFoldStep
  void (*add_noisy)(const BlockRange& range, const NoisyUseList& uses, const OutcomeTable& factors,
                    const NoisyTable& table, const std::uint32_t* words, std::int32_t* sums);
};

/// What tables hold at most: on it depends which functions can take them.
struct TableLimits {
  unsigned largest_sum = 0;
  unsigned largest_index = 0;  ///< into OutcomeTable::outcomes
  unsigned largest_outcome = 0;
  unsigned largest_slot_sum = 0;  ///< or its negative
  bool columns_alike = true;      ///< OutcomeTable::first is 0
};

/// So many rows are shown: all patterns are below 2^rows.
unsigned rows_shown(const PatternList& patterns);

PatternFunctions pattern_functions(InstructionSet instructions, const TableLimits& limits);

namespace detail {

PatternFunctions portable_functions(const TableLimits& limits);
#if defined(__x86_64__)
PatternFunctions avx2_functions();
PatternFunctions avx512_functions(const TableLimits& limits);
#endif

}  // namespace detail

}  // namespace reprise
