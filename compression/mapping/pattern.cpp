#include "compression/mapping/pattern.h"

#include <algorithm>

namespace reprise {

namespace {

unsigned bits_of(Piece::Part part, int weight) {
  switch (part) {
    case Piece::Part::positive:
      return static_cast<unsigned>(std::max(weight, 0));
    case Piece::Part::negative:
      return static_cast<unsigned>(std::max(-weight, 0));
    default:
      return static_cast<std::uint8_t>(weight);
  }
}

}  // namespace

std::vector<Piece> pieces_of_weight(Encoding encoding, Granularity granularity, int unit_columns) {
  using Part = Piece::Part;
  const bool whole = encoding == Encoding::twos_complement;
  const bool single = granularity == Granularity::bit_column;
  const int bits = whole ? 8 : 7;
  const int step = single ? 1 : std::min(unit_columns, bits);

  std::vector<Piece> pieces;
  for (const Part part : whole ? std::vector{Part::whole} : std::vector{Part::positive, Part::negative}) {
    for (int shift = 0; shift < bits; shift += step) {
      const int columns = std::min(step, bits - shift);
      const bool top = whole && shift + columns == bits;
      Piece piece;
      piece.part = part;
      piece.shift = static_cast<std::uint8_t>(shift);
      piece.columns = static_cast<std::uint8_t>(columns);
      // A single column's sign is the entry's, so that the top bit may repeat any other.
      piece.is_signed = top && !single;
      piece.negative = part == Part::negative || (top && single);
      piece.family = single ? std::uint8_t{0} : piece.shift;
      pieces.push_back(piece);
    }
  }
  return pieces;
}

void cut_pattern(const Piece& piece, const std::int8_t* weights, std::size_t rows, Pattern& pattern) {
  const unsigned mask = (1U << piece.columns) - 1;
  pattern.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    pattern[row] = static_cast<char>((bits_of(piece.part, weights[row]) >> piece.shift) & mask);
  }
}

}  // namespace reprise
