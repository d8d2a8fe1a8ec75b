#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/sweep_runner.h"

namespace reprise {

/// Schedulers that the program knows: slurm, lsf, sge.
std::vector<std::string> scheduler_names();

/// Submits tasks as an array job and follows it: how a task ended is read from the file that it leaves in
/// `folder`/cluster. What a former call left there unread is taken, what still runs of it is cancelled.
/// @param options  for the command that submits. @throws InputError where the scheduler is not there
Executor cluster_executor(const std::string& scheduler, const std::filesystem::path& folder,
                          const std::vector<std::string>& options);

/// One element of the array (`reprise task`), from 1: runs its tasks and leaves how they ended.
void run_array_element(const std::filesystem::path& tasks, int index);

}  // namespace reprise
