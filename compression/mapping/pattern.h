#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// What a slot holds: one byte a row, the cell of column j in bit j.
using Pattern = std::string;

inline bool is_zero(const Pattern& pattern) {
  return pattern.find_first_not_of('\0') == Pattern::npos;
}

/// How an output's weights in a row group become slots.
struct CutRules {
  Encoding encoding = Encoding::twos_complement;
  Granularity granularity = Granularity::kernel;
  int unit_columns = 8;  ///< no slot is wider
  bool narrow = false;   ///< only as many columns as these weights need
  bool shifted = false;  ///< of narrow: common trailing zeros go into the shift
  bool negated = false;  ///< of narrow two's complement: the first weight that is not zero becomes positive
};

/// Adjacent bit columns of all weights of an output in a row group.
struct Piece {
  Pattern pattern;
  std::uint8_t columns = 0;
  bool is_signed = false;  ///< the last column counts negative
  std::uint8_t shift = 0;  ///< the lowest bit
  bool negative = false;   ///< the whole piece counts negative
};

/// All pieces of the weights, the lowest bits first; pieces of nothing but zeros are among them.
void cut_weights(const std::vector<std::int8_t>& weights, const CutRules& rules, std::vector<Piece>& pieces);

}  // namespace reprise
