#include "compression/mapping/slot.h"

#include <unordered_map>

namespace reprise {

namespace {

void gather(const RowGroup& group, std::uint32_t output, const std::vector<std::int8_t>& weights,
            const MatrixShape& matrix, std::vector<std::int8_t>& gathered) {
  gathered.clear();
  for (const std::uint32_t row : group.rows) {
    gathered.push_back(weights[std::size_t{output} * matrix.rows_per_group + row % matrix.rows_per_group]);
  }
}

/// Pieces with equal keys may share a slot. Unless all shifts of a unit are free (single columns; narrow slots), pieces
/// that share have the same.
std::string key_of(const Piece& piece, const CutRules& rules) {
  const bool free_shift = rules.granularity == Granularity::bit_column || rules.narrow;
  std::string key = piece.pattern;
  key += static_cast<char>(piece.columns + (piece.is_signed ? 16 : 0));
  key += static_cast<char>(free_shift ? 0 : piece.shift);
  return key;
}

}  // namespace

std::vector<Slot> slots_of(const RowGroup& group, const std::vector<std::int8_t>& weights, const MatrixShape& matrix,
                           const SlotRules& rules) {
  std::vector<Slot> slots;
  std::unordered_map<std::string, std::size_t> stored;
  std::vector<std::int8_t> gathered;
  std::vector<Piece> pieces;
  for (const std::uint32_t output : group.outputs) {
    gather(group, output, weights, matrix, gathered);
    cut_weights(gathered, rules.cut, pieces);
    for (Piece& piece : pieces) {
      if (rules.drops_zeros && is_zero(piece.pattern)) continue;
      std::size_t index = slots.size();
      if (rules.shared) index = stored.try_emplace(key_of(piece, rules.cut), index).first->second;
      if (index == slots.size()) slots.push_back({std::move(piece.pattern), piece.columns, piece.is_signed, {}});
      slots[index].entries.push_back({output, 0, piece.shift, piece.negative});
    }
  }
  return slots;
}

}  // namespace reprise
