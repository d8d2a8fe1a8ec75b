#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scenarios/sweep_runner.h"

namespace CLI {
class App;
}

namespace reprise {

/// Options that `sweep` and `optimise` share.
struct SweepOptions {
  std::string file;
  std::string output;
  std::vector<std::string> settings;
  int jobs = 1;
  bool resume = false;
  bool retry_failed = false;
  bool list = false;
  bool json = false;
  std::string executor = "local";
  std::vector<std::string> executor_options;
};

void add_sweep_options(CLI::App& command, SweepOptions& options);

/// The folder of a sweep, held against others, with its database.
struct OpenedSweep {
  /// @throws InputError where another sweep holds the folder, or where it has a sweep and is not to be resumed
  OpenedSweep(const SweepOptions& options, const SweepSpace& space);

  std::filesystem::path folder;  ///< absolute
  std::unique_ptr<FolderLock> lock;
  std::unique_ptr<SweepDatabase> database;
};

Executor executor_of(const SweepOptions& options, const std::filesystem::path& folder);

/// Writes report.html and says how many points there are in which state. @throws CheckError where points failed
void conclude_sweep(const SweepOptions& options, const SweepDatabase& database);

}  // namespace reprise
