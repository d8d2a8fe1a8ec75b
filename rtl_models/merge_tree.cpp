#include "rtl_models/merge_tree.h"

namespace reprise::rtl {

MergeTree::MergeTree(const sc_core::sc_module_name& name, const std::vector<std::vector<bool>>& adds_to,
                     std::size_t outputs, int merge_cycles)
    : sc_module(name), part("part", adds_to.size()), adds_to_(adds_to), outputs_(outputs) {
  for (std::size_t parts = adds_to.size(); parts > 1; parts = (parts + 1) / 2)
    latency_ += static_cast<std::uint32_t>(merge_cycles);
  SC_METHOD(merge);
  sensitive << enable;
  dont_initialize();
  SC_METHOD(look_ahead);
  sensitive << enable << elapsed_;
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void MergeTree::look_ahead() {
  complete.write(enable.read() && elapsed_.read() == latency_);
}

void MergeTree::step() {
  if (begin.read()) elapsed_.write(0);
  if (enable.read() && elapsed_.read() < latency_) elapsed_.write(elapsed_.read() + 1);
}

void MergeTree::merge() {
  if (!enable.read()) return;
  std::vector<Part> parts;
  for (std::size_t e = 0; e < part.size(); ++e) parts.push_back({part[e].read().lanes, adds_to_[e]});
  while (parts.size() > 1) {
    std::vector<Part> level;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      level.push_back(parts[i]);
      if (i + 1 < parts.size()) add(level.back(), parts[i + 1]);
    }
    parts = level;
  }
  merged.write(parts.empty() ? Bus<std::int32_t>(outputs_) : Bus<std::int32_t>(parts[0].sums));
}

void MergeTree::add(Part& left, const Part& right) {
  for (std::size_t o = 0; o < outputs_; ++o) {
    if (!right.used[o]) continue;
    if (left.used[o]) ++adds_;
    left.used[o] = true;
    left.sums[o] =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(left.sums[o]) + static_cast<std::uint32_t>(right.sums[o]));
  }
}

}  // namespace reprise::rtl
