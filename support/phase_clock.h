#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace reprise {

/// How long the phases of a job take, one after another.
class PhaseClock {
 public:
  struct Phase {
    std::string name;
    double seconds = 0.0;
    double processor_seconds = 0.0;  ///< of the process and of those that it has waited for
  };

  /// Ends the phase before. A name that was there already goes on.
  void start(const std::string& name);
  /// In the order of their first start. Ends the last one.
  const std::vector<Phase>& stop();

 private:
  using Clock = std::chrono::steady_clock;
  void end_phase(Clock::time_point now, double processor_now);

  std::vector<Phase> phases_;
  std::string current_;  // empty: none
  Clock::time_point began_;
  double processor_began_ = 0.0;
};

/// The most memory that the process has had, in MiB.
double peak_memory_mib();

}  // namespace reprise
