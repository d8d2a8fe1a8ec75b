#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/error.h"

namespace reprise {

/// Runs this program again with other arguments (SystemC can elaborate only once a process); what it says goes to
/// `log`. Where it fails, throws what its exit code stands for, with the end of the log.
void run_own_program(const std::vector<std::string>& arguments, const std::filesystem::path& log);

/// A call of this program.
struct OwnTask {
  std::vector<std::string> arguments;
  std::filesystem::path log;
};

/// How a call ended.
struct TaskOutcome {
  int code = -1;      ///< exit code; -1: a signal ended it
  std::string error;  ///< where code is not 0: the end of the log
  double seconds = 0.0;
  double memory_mib = 0.0;  ///< at its largest
};

/// The user wants the program to stop: SIGINT or SIGTERM. The program ends with exit code 130.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// While it lives, SIGINT and SIGTERM do not end the program but make interrupted() true.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool interrupted();

 private:
  void (*before_interrupt_)(int);
  void (*before_terminate_)(int);
};

/// Runs tasks, at most `jobs` at a time, and tells of each that has ended. Those that still run when this function is
/// left, by an exception or because this program was killed, are killed.
/// @throws Interrupted where an InterruptGuard was told so
void run_tasks(const std::vector<OwnTask>& tasks, int jobs,
               const std::function<void(std::size_t task, const TaskOutcome&)>& ended);

}  // namespace reprise
