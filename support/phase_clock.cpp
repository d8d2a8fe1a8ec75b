#include "support/phase_clock.h"

#include <sys/resource.h>

#include <algorithm>

namespace reprise {

namespace {

double processor_seconds() {
  double seconds = 0.0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      seconds += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    }
  }
  return seconds;
}

}  // namespace

void PhaseClock::start(const std::string& name) {
  const Clock::time_point now = Clock::now();
  const double processor_now = processor_seconds();
  end_phase(now, processor_now);
  current_ = name;
  began_ = now;
  processor_began_ = processor_now;
}

const std::vector<PhaseClock::Phase>& PhaseClock::stop() {
  end_phase(Clock::now(), processor_seconds());
  current_.clear();
  return phases_;
}

void PhaseClock::end_phase(Clock::time_point now, double processor_now) {
  if (current_.empty()) return;
  auto phase = std::find_if(phases_.begin(), phases_.end(), [&](const Phase& p) { return p.name == current_; });
  if (phase == phases_.end()) phase = phases_.insert(phases_.end(), {current_, 0.0, 0.0});
  phase->seconds += std::chrono::duration<double>(now - began_).count();
  phase->processor_seconds += processor_now - processor_began_;
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace reprise
