#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// Adjacent bit columns of a weight that share a slot.
struct Piece {
  enum class Part { whole, positive, negative };  ///< two's complement, or one sign's magnitude

  Part part = Part::whole;
  std::uint8_t shift = 0;    ///< the lowest bit
  std::uint8_t columns = 0;  ///< adjacent bits, 1..8
  bool is_signed = false;    ///< the last column counts negative
  bool negative = false;     ///< the whole piece counts negative
  std::uint8_t family = 0;   ///< 0..7; pieces of one family may stand for one another if their bits are equal
};

/// The pieces that a weight is cut into, none of them wider than an operation unit.
std::vector<Piece> pieces_of_weight(Encoding encoding, Granularity granularity, int unit_columns);

/// What a slot holds: one byte a row, the cell of column j in bit j.
using Pattern = std::string;

void cut_pattern(const Piece& piece, const std::int8_t* weights, std::size_t rows, Pattern& pattern);

inline bool is_zero(const Pattern& pattern) {
  return pattern.find_first_not_of('\0') == Pattern::npos;
}

}  // namespace reprise
