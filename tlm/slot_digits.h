#pragma once

#include <cstddef>
#include <cstdint>

#include "support/instruction_set.h"
#include "tlm/pattern_functions.h"

/// What converters add to the sums of bitlines where that is little: a binary digit at a time, of all columns at once.
///
/// 64 slots lie in a line, each a byte at slot_place(slot), whose bits are the slot's columns; the last one of a signed
/// slot is repeated up to the uppermost bit. A digit that each column makes of its sum is then, as a signed byte, what
/// the slot's columns make together, each as often as it counts.
namespace reprise {

constexpr std::size_t kLineSlots = kLineBytes;
constexpr std::size_t kLineBlocks = kLineSlots / kBlockSlots;
constexpr unsigned kDigitRows = 9;  ///< of a row group, at most
constexpr std::size_t kDigitPatterns = std::size_t{1} << kDigitRows;

/// Such that slots are in order once bytes, then words, of the two halves of each 16 bytes are unpacked.
constexpr std::size_t slot_place(std::size_t slot) {
  return slot / 4 % 4 * 16 + slot / 16 * 4 + slot % 4;
}

/// A binary digit of what is added.
struct SumDigit {
  std::uint8_t columns[kDigitRows + 1] = {};  ///< [sum]: bit j is what column j makes of it
  std::int16_t factor = 1;                    ///< what the digit counts; negative for the sign of a two's complement
};

struct DigitFunctions {
  /// digits[number] = what the slots make of the rows that are on; of listed blocks, for all of their patterns.
  /// @param cells  a line a row, `rows` of them, kDigitRows at most
  void (*make)(const Line* cells, unsigned rows, const PatternList& patterns, const SumDigit& digit, Line* digits);
  /// to[stride * window + slot] += factor * sum over the window's uses of the use's factor * digits of its pattern,
  /// modulo 2^32, for the first 16 * blocks slots.
  void (*add)(const Line* digits, const UseList& uses, std::int16_t factor, std::size_t blocks, std::int32_t* to,
              std::size_t stride);
};

DigitFunctions digit_functions(InstructionSet instructions);

namespace detail {

#if defined(__x86_64__)
DigitFunctions avx2_digits();
DigitFunctions avx512_digits();
#endif

}  // namespace detail

}  // namespace reprise
