#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "compression/mapping/pattern.h"
#include "compression/network/row_groups.h"

namespace reprise {

/// How the weights that meet a row group are stored.
struct SlotRules {
  CutRules cut;
  bool drops_zeros = false;  ///< slots of nothing but zeros are not stored
  bool shared = false;       ///< equal patterns are stored once
};

/// A stored pattern and everything that it contributes to.
struct Slot {
  Pattern pattern;
  std::uint8_t columns = 0;
  bool is_signed = false;
  std::vector<ScatterEntry> entries;  ///< by output; their `slot` is given when the slot goes into a unit
};

/// Slots of a row group, in order of first use. `weights` are all of the layer, [output][row of its convolution group].
std::vector<Slot> slots_of(const RowGroup& group, const std::vector<std::int8_t>& weights, const MatrixShape& matrix,
                           const SlotRules& rules);

}  // namespace reprise
