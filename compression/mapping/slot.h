#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "compression/mapping/pattern.h"

namespace reprise {

/// The weights that meet one row group: rows x outputs, those of output o from weights[o * stride] on.
struct WeightBlock {
  const std::int8_t* weights = nullptr;
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::uint32_t first_output = 0;  ///< of the layer
  std::uint32_t outputs = 0;
};

/// A stored pattern and everything that it contributes to.
struct Slot {
  Pattern pattern;
  std::uint8_t columns = 0;
  bool is_signed = false;
  std::vector<ScatterEntry> entries;  ///< by output; their `slot` is given when the slot goes into a unit
};

/// `dense`: a slot for every piece of every output. `wpr`: each distinct pattern that is not all zero once per
/// family of pieces, in order of first use.
std::vector<Slot> slots_of_block(const WeightBlock& block, const std::vector<Piece>& pieces, EngineKind engine);

}  // namespace reprise
