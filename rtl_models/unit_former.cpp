#include "rtl_models/unit_former.h"

namespace reprise::rtl {

UnitFormer::UnitFormer(const sc_core::sc_module_name& name, const std::vector<EngineRowGroup>& groups,
                       const Forming& forming)
    : sc_module(name), groups_(groups), forming_(forming) {
  SC_METHOD(number);
  sensitive << bytes;
  SC_METHOD(count);
  sensitive << clock.pos();
  dont_initialize();
}

void UnitFormer::number() {
  if (!forming_.enabled) return;
  Bus<std::uint32_t> rows(8 * groups_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      for (std::uint32_t r = 0; r < groups_[g].rows; ++r) {
        const bool one = ((bytes.read()[groups_[g].first_row + r] >> bit) & 1U) != 0;
        if (one || !forming_.ones_only) ++rows[8 * g + bit];
      }
    }
  }
  selected.write(rows);
}

void UnitFormer::count() {
  if (!forming_.enabled || !forming_.ones_only || !begin.read()) return;
  for (const EngineRowGroup& group : groups_) selections_ += std::uint64_t{8} * group.rows;
}

}  // namespace reprise::rtl
