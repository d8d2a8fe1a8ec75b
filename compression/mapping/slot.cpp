#include "compression/mapping/slot.h"

#include <array>
#include <unordered_map>

namespace reprise {

std::vector<Slot> slots_of_block(const WeightBlock& block, const std::vector<Piece>& pieces, EngineKind engine) {
  std::vector<Slot> slots;
  std::array<std::unordered_map<Pattern, std::size_t>, 8> stored;  // by family
  Pattern pattern;
  for (std::uint32_t output = 0; output < block.outputs; ++output) {
    for (const Piece& piece : pieces) {
      cut_pattern(piece, block.weights + output * block.stride, block.rows, pattern);
      std::size_t index = slots.size();
      if (engine == EngineKind::wpr) {
        if (is_zero(pattern)) continue;
        index = stored[piece.family].try_emplace(pattern, index).first->second;
      }
      if (index == slots.size()) slots.push_back({pattern, piece.columns, piece.is_signed, {}});
      slots[index].entries.push_back({block.first_output + output, 0, piece.shift, piece.negative});
    }
  }
  return slots;
}

}  // namespace reprise
