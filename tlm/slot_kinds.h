#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "tlm/conversion_kernel.h"
#include "tlm/converter.h"
#include "tlm/pattern_tables.h"

namespace reprise {

/// Calls use(unit, slot, engine) for all slots that are not elsewhere.
template <class Use>
void for_slots(const ConversionRequest& request, Use use) {
  for (const EngineShare& share : request.mapping.engines) {
    if (request.elsewhere.count(static_cast<int>(share.engine)) != 0) continue;
    for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
      const OperationUnit& unit = request.mapping.units[u];
      for (std::size_t slot = 0; slot < unit.columns / unit.slot_columns; ++slot) use(u, slot, share.engine);
    }
  }
}

/// Converters whose offsets make no difference are taken as one: of many engines few are left.
class AlikeOffsets {
 public:
  /// @param noisy        every offset makes a difference
  /// @param largest_sum  of a bitline
  AlikeOffsets(const Converter& converter, bool noisy, unsigned largest_sum)
      : converter_(converter), noisy_(noisy), largest_sum_(largest_sum) {}

  /// The first one seen that makes the same of all sums.
  std::int64_t like(std::int64_t offset);

 private:
  std::vector<std::uint32_t> values_of(std::int64_t offset) const;

  const Converter& converter_;
  const bool noisy_;
  const unsigned largest_sum_;
  std::unordered_map<std::int64_t, std::int64_t> alike_;
  std::map<std::vector<std::uint32_t>, std::int64_t> first_;
};

/// The kinds of slots of a layer, and which one each slot is of.
class SlotKinds {
 public:
  /// What it is given outlives it.
  /// @param largest_sum  of a bitline
  SlotKinds(const ConversionRequest& request, const Converter& converter, unsigned largest_sum);

  /// Ascending; a kind's number is its place.
  const std::vector<SlotKind>& all() const { return all_; }
  std::size_t of(std::size_t unit, std::size_t slot, std::uint32_t engine);

 private:
  SlotKind kind_of(std::size_t unit, std::size_t slot, std::uint32_t engine);
  bool is_like_last(std::size_t unit, std::size_t slot, std::uint32_t engine);

  const ConversionRequest& request_;
  const Converter& converter_;
  AlikeOffsets offsets_;
  std::vector<SlotKind> all_;
  std::size_t last_ = 0;
  const OperationUnit* last_unit_ = nullptr;
  std::size_t last_slot_ = 0;
  std::uint32_t last_engine_ = 0;
};

}  // namespace reprise
