#include "tlm/slot_digits.h"

#include "support/vector_clones.h"

#define REPRISE_TARGET
#include "tlm/slot_digit_maker.h"

namespace reprise {
namespace {

struct WordBits {
  using Vector = std::uint64_t __attribute__((vector_size(16)));

  static inline Vector spread(std::uint8_t byte) { return Vector{} + byte * std::uint64_t{0x0101010101010101}; }

  static inline Vector choose(const Vector& on, const Vector& chosen, const Vector& otherwise) {
    return otherwise ^ (on & (chosen ^ otherwise));
  }
};

void make(const Line* cells, unsigned rows, const PatternList& patterns, const SumDigit& digit, Line* digits) {
  detail::make_digits<WordBits>(cells, rows, patterns, digit, digits);
}

/// In the order of places.
REPRISE_VECTOR_CLONES void add_window(const Line* digits, const PatternUses& uses, std::int32_t* places) {
  for (std::size_t use = 0; use < PatternUses::kMost; ++use) {
    const Line& line = digits[uses.patterns[use]];
    const std::int32_t factor = uses.factors[use];
    for (std::size_t place = 0; place < kLineSlots; ++place) {
      places[place] += factor * static_cast<std::int8_t>(line.bytes[place]);
    }
  }
}

void add(const Line* digits, const UseList& uses, std::int16_t factor, std::size_t blocks, std::int32_t* to,
         std::size_t stride) {
  for (std::size_t i = 0; i < uses.count; ++i) {
    std::int32_t places[kLineSlots] = {};
    add_window(digits, uses.first[i], places);
    std::int32_t* const out = to + uses.first[i].window * stride;
    for (std::size_t slot = 0; slot < blocks * kBlockSlots; ++slot) {
      const auto added = static_cast<std::uint32_t>(factor * places[slot_place(slot)]);
      out[slot] = static_cast<std::int32_t>(static_cast<std::uint32_t>(out[slot]) + added);
    }
  }
}

}  // namespace

DigitFunctions digit_functions([[maybe_unused]] InstructionSet instructions) {
#if defined(__x86_64__)
  if (instructions == InstructionSet::avx512) return detail::avx512_digits();
  if (instructions == InstructionSet::avx2) return detail::avx2_digits();
#endif
  return {make, add};
}

}  // namespace reprise
