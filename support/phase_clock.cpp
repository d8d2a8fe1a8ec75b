#include "support/phase_clock.h"

#include <sys/resource.h>

#include <algorithm>

namespace reprise {

void PhaseClock::start(const std::string& name) {
  const Clock::time_point now = Clock::now();
  end_phase(now);
  current_ = name;
  began_ = now;
}

const std::vector<PhaseClock::Phase>& PhaseClock::stop() {
  end_phase(Clock::now());
  current_.clear();
  return phases_;
}

void PhaseClock::end_phase(Clock::time_point now) {
  if (current_.empty()) return;
  auto phase = std::find_if(phases_.begin(), phases_.end(), [&](const Phase& p) { return p.name == current_; });
  if (phase == phases_.end()) phase = phases_.insert(phases_.end(), {current_, 0.0});
  phase->seconds += std::chrono::duration<double>(now - began_).count();
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace reprise
