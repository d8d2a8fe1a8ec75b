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
static_assert(kThirdPatterns == kBlockPatterns);

/// Digits of patterns by thirds of the rows: tables tell how many rows of a third are on in each column. For each
/// pattern of the high rows it is worked out what columns make of any number of others. Tables are small, since they
/// take longer than the patterns of an output row of few windows.
/// @tparam Bits  Vector: a part of a line; spread(byte); choose(on, chosen, otherwise): bit by bit
template <class Bits>
class DigitMaker {
 public:
  using Vector = typename Bits::Vector;

  /// @param cells  the part of the first row; that of the next follows at a distance of kLineBytes
  /// @param to     the part of the first line
  REPRISE_INLINE DigitMaker(const std::uint8_t* cells, unsigned rows, const SumDigit& digit, std::uint8_t* to)
      : cells_(cells), rows_(rows), digit_(digit), to_(to) {
    count_rows(kThirdRows, middle_);
    count_rows(2 * kThirdRows, high_);
  }

  REPRISE_INLINE void make(const PatternList& patterns) {
    if (patterns.blocks) return make_blocks(patterns);
    count_rows(0, low_);
    // Locals: what is stored might be members.
    std::uint8_t* to = to_;
    const std::size_t step = patterns.by_rows ? 0 : kLineBytes;
    const std::size_t step_of_rows = kLineBytes - step;
    for_patterns(patterns, [&](std::size_t rows, const Sums<2 * kThirdRows>& sums) REPRISE_TARGET {
      store(sums.at(low_[rows % kThirdPatterns], middle_[rows / kThirdPatterns % kThirdPatterns]),
            to + rows * step_of_rows);
      to += step;
    });
  }

 private:
  /// Of rows that are on, in binary.
  struct Count {
    Vector ones;
    Vector twos;
  };

  /// What columns make of up to `kMost` rows that are on.
  template <unsigned kMost>
  struct Sums {
    Vector made[kMost + 1];

    /// Of the rows but a third, of which so many are on.
    REPRISE_INLINE Sums<kMost - kThirdRows> after(const Count& on) const {
      Sums<kMost - kThirdRows> rest;
      Vector odd[kMost];
#pragma GCC unroll 9
      for (unsigned sum = 0; sum < kMost; ++sum) odd[sum] = Bits::choose(on.ones, made[sum + 1], made[sum]);
#pragma GCC unroll 9
      for (unsigned sum = 0; sum <= kMost - kThirdRows; ++sum) {
        rest.made[sum] = Bits::choose(on.twos, odd[sum + 2], odd[sum]);
      }
      return rest;
    }

    /// Of the rows but one, which is on.
    REPRISE_INLINE Sums<kMost - 1> after_one(const Vector& row) const {
      Sums<kMost - 1> rest;
#pragma GCC unroll 9
      for (unsigned sum = 0; sum < kMost; ++sum) rest.made[sum] = Bits::choose(row, made[sum + 1], made[sum]);
      return rest;
    }

    /// Of two thirds of the rows. Takes half the time that after() takes twice.
    REPRISE_INLINE Vector at(const Count& low, const Count& middle) const {
      static_assert(kMost == 2 * kThirdRows);
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
  };

  /// use(rows, what columns make of the rows below the high ones)
  template <class Use>
  REPRISE_INLINE void for_patterns(const PatternList& patterns, const Use& use) const {
    Sums<kDigitRows> sums;
#pragma GCC unroll 10
    for (unsigned sum = 0; sum <= kDigitRows; ++sum) sums.made[sum] = Bits::spread(digit_.columns[sum]);
    const std::uint64_t* const end = patterns.rows + patterns.count;
    for (const std::uint64_t* pattern = patterns.rows; pattern != end;) {
      // Mostly many patterns with the same high rows follow one another.
      const std::uint64_t high = *pattern / kThirdPatterns / kThirdPatterns;
      const Sums<2 * kThirdRows> below = sums.after(high_[high]);
      do {
        use(static_cast<std::size_t>(*pattern), below);
      } while (++pattern != end && *pattern / kThirdPatterns / kThirdPatterns == high);
    }
  }

  /// All patterns of the low rows at once.
  REPRISE_INLINE void make_blocks(const PatternList& patterns) const {
    const Vector rows[kThirdRows] = {row(0), row(1), row(2)};
    std::uint8_t* const to = to_;
    for_patterns(patterns, [&](std::size_t first, const Sums<2 * kThirdRows>& sums) REPRISE_TARGET {
      const Sums<kThirdRows> low = sums.after(middle_[first / kThirdPatterns % kThirdPatterns]);
      make_four(low, rows, to + first * kLineBytes);
      make_four(low.after_one(rows[2]), rows, to + (first + 4) * kLineBytes);
    });
  }

  template <unsigned kMost>
  REPRISE_INLINE static void make_four(const Sums<kMost>& sums, const Vector* rows, std::uint8_t* to) {
    const auto second = sums.after_one(rows[1]);
    store(sums.made[0], to);
    store(sums.after_one(rows[0]).made[0], to + kLineBytes);
    store(second.made[0], to + 2 * kLineBytes);
    store(second.after_one(rows[0]).made[0], to + 3 * kLineBytes);
  }

  REPRISE_INLINE static void store(const Vector& digits, std::uint8_t* to) {
    std::memcpy(to, &digits, sizeof digits);
  }

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

  const std::uint8_t* const cells_;
  const unsigned rows_;
  const SumDigit& digit_;
  std::uint8_t* const to_;
  Count low_[kThirdPatterns];
  Count middle_[kThirdPatterns];
  Count high_[kThirdPatterns];
};

template <class Bits>
REPRISE_INLINE void make_digits(const Line* cells, unsigned rows, const PatternList& patterns, const SumDigit& digit,
                                Line* digits) {
  for (std::size_t part = 0; part < kLineBytes; part += sizeof(typename Bits::Vector)) {
    DigitMaker<Bits>(cells->bytes + part, rows, digit, digits->bytes + part).make(patterns);
  }
}

}  // namespace
}  // namespace reprise::detail
