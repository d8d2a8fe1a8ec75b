#include "rtl_models/zero_row_detector.h"

namespace reprise::rtl {

ZeroRowDetector::ZeroRowDetector(const sc_core::sc_module_name& name, const std::vector<EngineRowGroup>& groups,
                                 bool enabled)
    : sc_module(name), groups_(groups), enabled_(enabled) {
  SC_METHOD(detect);
  sensitive << bytes;
  SC_METHOD(count);
  sensitive << clock.pos();
  dont_initialize();
}

void ZeroRowDetector::detect() {
  Bus<std::uint8_t> found(groups_.size());
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    unsigned any = enabled_ ? 0U : 0xFFU;
    for (std::uint32_t r = 0; r < groups_[g].rows; ++r) any |= bytes.read()[groups_[g].first_row + r];
    found[g] = static_cast<std::uint8_t>(any);
  }
  live.write(found);
}

void ZeroRowDetector::count() {
  if (enabled_ && begin.read()) checks_ += 8 * groups_.size();
}

}  // namespace reprise::rtl
