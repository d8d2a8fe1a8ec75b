// DigitFunctions::make() for any vectors: included by the files that compile it for an instruction set, which is in
// REPRISE_TARGET, a function attribute. All of it is inlined into their functions.

#include <algorithm>
#include <cstring>

#include "tlm/slot_digits.h"

#define REPRISE_INLINE REPRISE_TARGET inline __attribute__((always_inline))

namespace reprise::detail {
namespace {

constexpr unsigned kThirdRows = kDigitRows / 3;
constexpr unsigned kThirdPatterns = 1U << kThirdRows;

/// Digits of patterns from three tables, one for each third of the rows: how many of the low rows are on in each
/// column, how many of the middle ones, and what columns make of the high rows and any number of others. The tables are
/// small, since they take longer than the patterns of an output row of few windows.
/// @tparam Bits  Vector: a part of a line; spread(byte); choose(on, chosen, otherwise): bit by bit
template <class Bits>
class DigitMaker {
 public:
  using Vector = typename Bits::Vector;

  /// @param cells  the part of the first row; that of the next follows at a distance of kLineBytes
  REPRISE_INLINE DigitMaker(const std::uint8_t* cells, unsigned rows, const SumDigit& digit)
      : cells_(cells), rows_(rows) {
    count_rows(0, low_);
    count_rows(kThirdRows, middle_);
    for (unsigned sum = 0; sum <= kDigitRows; ++sum) high_[0].made[sum] = Bits::spread(digit.columns[sum]);
    add_high_rows<2 * kThirdRows>();
  }

  /// Where a line is the part's.
  REPRISE_INLINE void make(const PatternList& patterns, std::uint8_t* to) const {
    // Locals: what is stored might be members.
    const std::uint64_t* const end = patterns.rows + patterns.count;
    const std::size_t step = patterns.by_rows ? 0 : kLineBytes;
    const std::size_t step_of_rows = kLineBytes - step;
    for (const std::uint64_t* pattern = patterns.rows; pattern != end;) {
      // Mostly many patterns with the same high rows follow one another.
      const std::uint64_t high = *pattern / kThirdPatterns / kThirdPatterns;
      const Made made = high_[high];
      do {
        const auto rows = static_cast<std::size_t>(*pattern);
        const Vector digits =
            digits_of(low_[rows % kThirdPatterns], middle_[rows / kThirdPatterns % kThirdPatterns], made.made);
        std::memcpy(to + rows * step_of_rows, &digits, sizeof digits);
        to += step;
      } while (++pattern != end && *pattern / kThirdPatterns / kThirdPatterns == high);
    }
  }

 private:
  /// Of rows that are on, in binary.
  struct Count {
    Vector ones;
    Vector twos;
  };

  struct Made {
    static constexpr std::size_t kSums = 16;  // more than there are: places of patterns are shifts then
    Vector made[kSums];                       ///< [more rows that are on]
  };

  REPRISE_INLINE Vector row(unsigned number) const {
    Vector bits{};
    if (number < rows_) std::memcpy(&bits, cells_ + number * kLineBytes, sizeof bits);
    return bits;
  }

  /// By pattern of the rows from `first` on.
  REPRISE_INLINE void count_rows(unsigned first, Count* counts) const {
    counts[0].ones = counts[0].twos = Vector{};
#pragma GCC unroll 3
    for (unsigned number = 0; number < kThirdRows; ++number) {
      const Vector on = row(first + number);
#pragma GCC unroll 4
      for (unsigned known = 0; known < 1U << number; ++known) {
        const Count& count = counts[known];
        Count& more = counts[(1U << number) + known];
        more.ones = count.ones ^ on;
        more.twos = count.twos ^ (count.ones & on);
      }
    }
  }

  /// From row kRow on. A template, so that loops are of constant length.
  template <unsigned kRow>
  REPRISE_INLINE void add_high_rows() {
    if constexpr (kRow < kDigitRows) {
      if (kRow >= rows_) return;
      constexpr unsigned kKnownRows = kRow - 2 * kThirdRows;
      const Vector on = row(kRow);
#pragma GCC unroll 1
      for (unsigned high = 0; high < 1U << kKnownRows; ++high) {
        const Vector* const known = high_[high].made;
        Vector* const to = high_[(1U << kKnownRows) + high].made;
#pragma GCC unroll 9
        for (unsigned more = 0; more < kDigitRows - kKnownRows; ++more) {
          to[more] = Bits::choose(on, known[more + 1], known[more]);
        }
      }
      add_high_rows<kRow + 1>();
    }
  }

  /// made[low count + middle count]
  REPRISE_INLINE static Vector digits_of(const Count& low, const Count& middle, const Vector* made) {
    const Vector ones = low.ones ^ middle.ones;
    const Vector carry = low.ones & middle.ones;
    const Vector differ = low.twos ^ middle.twos;
    const Vector twos = differ ^ carry;
    const Vector fours = Bits::choose(differ, carry, low.twos);
    const Vector to_one = Bits::choose(ones, made[1], made[0]);
    const Vector to_three = Bits::choose(ones, made[3], made[2]);
    const Vector to_five = Bits::choose(ones, made[5], made[4]);
    const Vector below_four = Bits::choose(twos, to_three, to_one);
    const Vector from_four = Bits::choose(twos, made[6], to_five);
    return Bits::choose(fours, from_four, below_four);
  }

  const std::uint8_t* const cells_;
  const unsigned rows_;
  Count low_[kThirdPatterns];
  Count middle_[kThirdPatterns];
  Made high_[kThirdPatterns];
};

template <class Bits>
REPRISE_INLINE void make_digits(const Line* cells, unsigned rows, const PatternList& patterns, const SumDigit& digit,
                                Line* digits) {
  for (std::size_t part = 0; part < kLineBytes; part += sizeof(typename Bits::Vector)) {
    DigitMaker<Bits>(cells->bytes + part, rows, digit).make(patterns, digits->bytes + part);
  }
}

}  // namespace
}  // namespace reprise::detail
