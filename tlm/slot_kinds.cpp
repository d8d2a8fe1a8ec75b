#include "tlm/slot_kinds.h"

#include <algorithm>
#include <set>
#include <utility>

namespace reprise {

std::int64_t AlikeOffsets::like(std::int64_t offset) {
  if (noisy_) return offset;
  const auto [known, is_new] = alike_.try_emplace(offset, offset);
  if (is_new) known->second = first_.try_emplace(values_of(offset), offset).first->second;
  return known->second;
}

std::vector<std::uint32_t> AlikeOffsets::values_of(std::int64_t offset) const {
  std::vector<std::uint32_t> values;
  for (std::uint32_t sum = 0; sum <= largest_sum_; ++sum) values.push_back(converter_.value(sum, offset));
  return values;
}

SlotKinds::SlotKinds(const ConversionRequest& request, const Converter& converter, unsigned largest_sum)
    : request_(request), converter_(converter), offsets_(converter, request.adc.noise.has_value(), largest_sum) {
  std::set<SlotKind> kinds;
  for_slots(request, [&](std::size_t unit, std::size_t slot, std::uint32_t engine) {
    if (is_like_last(unit, slot, engine)) return;
    kinds.insert(kind_of(unit, slot, engine));
  });
  all_.assign(kinds.begin(), kinds.end());
  last_unit_ = nullptr;
}

std::size_t SlotKinds::of(std::size_t unit, std::size_t slot, std::uint32_t engine) {
  if (is_like_last(unit, slot, engine)) return last_;
  const SlotKind kind = kind_of(unit, slot, engine);
  last_ = static_cast<std::size_t>(std::lower_bound(all_.begin(), all_.end(), kind) - all_.begin());
  return last_;
}

SlotKind SlotKinds::kind_of(std::size_t number, std::size_t slot, std::uint32_t engine) {
  const OperationUnit& unit = request_.mapping.units[number];
  SlotKind kind{unit.slot_columns, unit.signed_slots, {}};
  for (unsigned j = 0; converter_.has_offsets() && j < unit.slot_columns; ++j) {
    kind.offsets.push_back(offsets_.like(converter_.offset(engine, slot * unit.slot_columns + j)));
  }
  return kind;
}

/// There are millions of slots, and neighbours are mostly alike.
bool SlotKinds::is_like_last(std::size_t number, std::size_t slot, std::uint32_t engine) {
  const OperationUnit& unit = request_.mapping.units[number];
  const OperationUnit* const before = std::exchange(last_unit_, &unit);
  const std::size_t slot_before = std::exchange(last_slot_, slot);
  const std::uint32_t engine_before = std::exchange(last_engine_, engine);
  if (before == nullptr || before->slot_columns != unit.slot_columns || before->signed_slots != unit.signed_slots)
    return false;
  return !converter_.has_offsets() || (engine_before == engine && slot_before == slot);
}

}  // namespace reprise
