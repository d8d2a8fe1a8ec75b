// Digits of slots against their definition, column by column, with every instruction set that the computer has.
#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

#include "tlm/slot_digits.h"

using namespace reprise;

namespace {

using Random = std::mt19937;

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const auto set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
    if (set <= best_instruction_set()) sets.push_back(set);
  }
  return sets;
}

unsigned below(Random& random, unsigned end) {
  return static_cast<unsigned>(random() % end);
}

std::uint8_t random_byte(Random& random) {
  return static_cast<std::uint8_t>(random());
}

/// What a column makes of the rows that are on.
unsigned digit_of(const std::vector<Line>& cells, const SumDigit& digit, std::uint64_t pattern, std::size_t place,
                  unsigned column) {
  unsigned sum = 0;
  for (unsigned row = 0; row < cells.size(); ++row) {
    sum += static_cast<unsigned>(pattern >> row) & (cells[row].bytes[place] >> column) & 1U;
  }
  return digit.columns[sum] >> column & 1U;
}

std::uint8_t digits_of(const std::vector<Line>& cells, const SumDigit& digit, std::uint64_t pattern,
                       std::size_t place) {
  unsigned bits = 0;
  for (unsigned column = 0; column < 8; ++column) bits |= digit_of(cells, digit, pattern, place, column) << column;
  return static_cast<std::uint8_t>(bits);
}

/// The first pattern of each block that ascending ones are in.
std::vector<std::uint64_t> blocks_of(const std::vector<std::uint64_t>& patterns) {
  std::vector<std::uint64_t> blocks;
  for (const std::uint64_t pattern : patterns) {
    const std::uint64_t first = pattern - pattern % kBlockPatterns;
    if (blocks.empty() || blocks.back() != first) blocks.push_back(first);
  }
  return blocks;
}

void check_random_patterns(Random& random, const DigitFunctions& functions) {
  const unsigned rows = 1 + below(random, kDigitRows);
  std::vector<Line> cells(rows);
  for (Line& line : cells) std::generate_n(line.bytes, kLineBytes, [&] { return random_byte(random); });
  SumDigit digit;
  std::generate_n(digit.columns, kDigitRows + 1, [&] { return random_byte(random); });
  std::vector<std::uint64_t> patterns;
  for (std::uint64_t pattern = 0; pattern < std::uint64_t{1} << rows; ++pattern) {
    if (below(random, 3) != 0) patterns.push_back(pattern);
  }
  const bool by_rows = below(random, 2) == 0;
  const bool in_blocks = by_rows && below(random, 2) == 0;
  if (!by_rows) std::shuffle(patterns.begin(), patterns.end(), random);
  const std::vector<std::uint64_t> listed = in_blocks ? blocks_of(patterns) : patterns;
  std::vector<Line> digits(kDigitPatterns);
  functions.make(cells.data(), rows, {listed.data(), listed.size(), 0, by_rows, in_blocks}, digit, digits.data());
  for (std::size_t p = 0; p < patterns.size(); ++p) {
    for (std::size_t place = 0; place < kLineBytes; ++place) {
      REQUIRE(digits[by_rows ? patterns[p] : p].bytes[place] == digits_of(cells, digit, patterns[p], place));
    }
  }
}

/// Of all windows, by the definition.
std::vector<std::int32_t> sums_of(const std::vector<Line>& digits, const std::vector<PatternUses>& uses,
                                  std::int16_t factor, std::size_t slots, std::size_t stride) {
  std::vector<std::int32_t> sums(uses.size() * stride, 7);
  for (const PatternUses& of : uses) {
    for (std::size_t slot = 0; slot < slots; ++slot) {
      for (std::size_t use = 0; use < PatternUses::kMost; ++use) {
        const auto made = static_cast<std::int8_t>(digits[of.patterns[use]].bytes[slot_place(slot)]);
        sums[of.window * stride + slot] += factor * of.factors[use] * made;
      }
    }
  }
  return sums;
}

PatternUses uses_of_all_bits(std::uint32_t window) {
  PatternUses uses;
  uses.window = window;
  for (std::size_t bit = 0; bit < PatternUses::kMost; ++bit) uses.factors[bit] = static_cast<std::int16_t>(1 << bit);
  return uses;
}

}  // namespace

TEST_CASE("slots have places of their own in a line") {
  std::vector<bool> taken(kLineSlots);
  for (std::size_t slot = 0; slot < kLineSlots; ++slot) taken.at(slot_place(slot)) = true;
  CHECK(std::count(taken.begin(), taken.end(), true) == 64);
}

TEST_CASE("a digit of three rows, by hand") {
  // The column makes 1 of sums of two rows or more: of rows 0 and 2, which are on, where both cells are 1.
  SumDigit digit;
  digit.columns[2] = digit.columns[3] = 0xFF;
  std::vector<Line> cells(3);
  cells[0].bytes[5] = 0b1100;
  cells[1].bytes[5] = 0b0010;
  cells[2].bytes[5] = 0b0101;
  const std::uint64_t pattern = 0b101;
  for (const InstructionSet set : instruction_sets()) {
    Line made;
    digit_functions(set).make(cells.data(), 3, {&pattern, 1, pattern, false, false}, digit, &made);
    CHECK(made.bytes[5] == 0b0100);
    CHECK(made.bytes[4] == 0);
  }
}

TEST_CASE("digits of random patterns are what each column makes of its sum") {
  for (const InstructionSet set : instruction_sets()) {
    Random random(7);
    for (int i = 0; i < 100; ++i) check_random_patterns(random, digit_functions(set));
  }
}

TEST_CASE("uses add digits, also the largest and the smallest") {
  constexpr std::size_t kStride = 70;
  for (const InstructionSet set : instruction_sets()) {
    Random random(11);
    for (int i = 0; i < 200; ++i) {
      std::vector<Line> digits(3);
      for (Line& line : digits) {
        std::generate_n(line.bytes, kLineBytes, [&] { return below(random, 2) == 0 ? 0x80 : 0x7F; });
      }
      const bool all_bits = below(random, 2) == 0;
      std::vector<PatternUses> uses;
      for (std::uint32_t window = 0; window < 5; ++window) {
        uses.push_back(uses_of_all_bits(window));
        for (std::uint32_t& pattern : uses.back().patterns) pattern = i == 0 ? 0 : below(random, 3);
        if (!all_bits) std::fill_n(uses.back().factors, below(random, 9), std::int16_t{128});
      }
      const std::size_t blocks = 1 + below(random, kLineBlocks);
      const auto factor = static_cast<std::int16_t>(below(random, 2) == 0 ? 2 : -2);
      std::vector<std::int32_t> sums(uses.size() * kStride, 7);
      digit_functions(set).add(digits.data(), {uses.data(), uses.size(), all_bits}, factor, blocks, sums.data(),
                               kStride);
      REQUIRE(sums == sums_of(digits, uses, factor, blocks * kBlockSlots, kStride));
    }
  }
}
