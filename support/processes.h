#pragma once

#include <functional>
#include <string>
#include <vector>

namespace reprise {

/// Runs work(job, step) for each job 0..jobs-1 in a process of its own, which begins as a copy of this one, all at the
/// same time, and gives what they return, in order. `work` calls step() as often as it likes; on_step() is then called
/// here. The processes must not write to standard output.
/// @throws what the first job that failed threw: an InputError, SimulationError or CheckError as such, all else as
///         std::runtime_error. The others are waited for.
std::vector<std::string> run_in_processes(
    unsigned jobs, const std::function<std::string(unsigned job, const std::function<void()>& step)>& work,
    const std::function<void()>& on_step);

}  // namespace reprise
