#include "tlm/pin_probe.h"

#include <algorithm>

namespace reprise {

PinProbe::PinProbe(const sc_core::sc_module& module) : prefix_(module.name() + std::string(".")) {
  module.trace(this);
}

void PinProbe::select(const std::vector<bool>& wanted) {
  closed_ = true;
  const auto unwanted = [&](const Watched& watched) { return watched.pin >= wanted.size() || !wanted[watched.pin]; };
  watched_.erase(std::remove_if(watched_.begin(), watched_.end(), unwanted), watched_.end());
}

void PinProbe::sample(Cycle cycle, std::vector<PinChange>& changes) {
  for (Watched& watched : watched_) {
    const std::uint64_t value = watched.value();
    if (value == watched.last) continue;
    watched.last = value;
    changes.push_back({cycle, watched.pin, value});
  }
}

void PinProbe::refuse(const std::string& name) const {
  SC_REPORT_FATAL("/reprise/tlm/pin_probe", (name + ": not a number").c_str());
}

}  // namespace reprise
