#include "compression/mapping/pattern.h"

#include <algorithm>

namespace reprise {

namespace {

/// Bits low .. end - 1 of some integers; where one of them is negative, bit end - 1 counts negative.
struct Range {
  int low = 0;
  int end = 0;
  bool is_signed = false;
};

/// The fewest bits that hold all values.
Range narrow_range(const std::vector<int>& values, bool shifted) {
  const auto bounds = std::minmax_element(values.begin(), values.end());
  const int least = *bounds.first;
  const int largest = *bounds.second;
  Range range;
  range.is_signed = least < 0;
  int any = 0;
  for (const int value : values) any |= value;
  while (shifted && any != 0 && ((any >> range.low) & 1) == 0) ++range.low;
  const auto fits = [&](int bits) {
    const int limit = 1 << (range.is_signed ? bits - 1 : bits);
    return largest < limit && least >= -limit;
  };
  range.end = range.low + 1;
  while (!fits(range.end)) ++range.end;
  return range;
}

/// Where a unit is narrower than the weights, a piece of them may need fewer columns still.
void trim(Piece& piece, bool shifted) {
  unsigned any = 0;
  for (const char bits : piece.pattern) any |= static_cast<unsigned char>(bits);
  if (any == 0) return;
  const auto trailing = static_cast<std::uint8_t>(shifted ? __builtin_ctz(any) : 0);
  for (char& bits : piece.pattern) bits = static_cast<char>(static_cast<unsigned char>(bits) >> trailing);
  piece.shift = static_cast<std::uint8_t>(piece.shift + trailing);
  piece.columns = static_cast<std::uint8_t>(piece.columns - trailing);
  if (!piece.is_signed) piece.columns = static_cast<std::uint8_t>(32 - __builtin_clz(any >> trailing));
}

void append_pieces(const std::vector<int>& values, const Range& range, bool negative, const CutRules& rules,
                   std::vector<Piece>& pieces) {
  const bool single = rules.granularity == Granularity::bit_column;
  const int step = single ? 1 : rules.unit_columns;
  for (int shift = range.low; shift < range.end; shift += step) {
    const int columns = std::min(step, range.end - shift);
    const bool top = range.is_signed && shift + columns == range.end;
    Piece piece;
    piece.columns = static_cast<std::uint8_t>(columns);
    piece.shift = static_cast<std::uint8_t>(shift);
    // A single column's sign is the entry's, so that the top bit may repeat any other.
    piece.is_signed = top && !single;
    piece.negative = negative != (top && single);
    piece.pattern.resize(values.size());
    for (std::size_t row = 0; row < values.size(); ++row) {
      const unsigned bits = static_cast<unsigned>(values[row]) >> static_cast<unsigned>(shift);
      piece.pattern[row] = static_cast<char>(bits & ((1U << static_cast<unsigned>(columns)) - 1U));
    }
    if (rules.narrow) trim(piece, rules.shifted);
    pieces.push_back(std::move(piece));
  }
}

/// Whether the negatives of the values stand for them: they need no more than 8 bits.
bool is_negated(const std::vector<int>& values) {
  const auto first = std::find_if(values.begin(), values.end(), [](int value) { return value != 0; });
  return first != values.end() && *first < 0 && *std::min_element(first, values.end()) > -128;
}

std::vector<int> magnitudes(const std::vector<std::int8_t>& weights, int sign) {
  std::vector<int> values;
  for (const std::int8_t weight : weights) values.push_back(std::max(sign * weight, 0));
  return values;
}

}  // namespace

void cut_weights(const std::vector<std::int8_t>& weights, const CutRules& rules, std::vector<Piece>& pieces) {
  pieces.clear();
  if (rules.encoding == Encoding::differential) {
    for (const int sign : {1, -1}) {
      const std::vector<int> values = magnitudes(weights, sign);
      const Range range = rules.narrow ? narrow_range(values, rules.shifted) : Range{0, 7, false};
      append_pieces(values, range, sign < 0, rules, pieces);
    }
    return;
  }
  std::vector<int> values(weights.begin(), weights.end());
  const bool negated = rules.narrow && rules.negated && is_negated(values);
  if (negated) std::transform(values.begin(), values.end(), values.begin(), [](int value) { return -value; });
  const Range range = rules.narrow ? narrow_range(values, rules.shifted) : Range{0, 8, true};
  append_pieces(values, range, negated, rules, pieces);
}

}  // namespace reprise
