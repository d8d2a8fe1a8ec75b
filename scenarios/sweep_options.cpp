#include "scenarios/sweep_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "scenarios/cluster.h"
#include "scenarios/settings_option.h"
#include "scenarios/sweep_report.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace reprise {

namespace fs = std::filesystem;

void add_sweep_options(CLI::App& command, SweepOptions& options) {
  command.add_option("file", options.file, "Scenario, axes, constraints, YAML")->required()->type_name("SWEEP.yaml");
  command
      .add_option("-o,--output", options.output, "Folder for the database sweep.db, report.html, images, results, logs")
      ->type_name("DIR");
  options.jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  command.add_option("-j,--jobs", options.jobs, "Points at a time on this computer (all processors)")
      ->check(CLI::Range(1, 4096, "1..4096"))
      ->type_name("N");
  command.add_flag("--resume", options.resume, "Go on with the sweep in the folder; nothing finished is repeated");
  add_settings_option(command, options.settings);
  std::vector<std::string> executors = scheduler_names();
  executors.insert(executors.begin(), "local");
  command.add_option("--executor", options.executor, "Where points run; lsf and sge are untested")
      ->check(CLI::IsMember(executors))
      ->type_name("NAME");
  command
      .add_option("--executor-option", options.executor_options,
                  "An option for the scheduler's command that submits, such as --executor-option=--partition=long")
      ->type_name("OPTION")
      ->allow_extra_args(false);  // one each time
  command.add_flag("--json", options.json, "The summary as JSON");
}

namespace {

fs::path output_folder(const std::string& name) {
  if (name.empty()) throw InputError("--output: missing; expected a folder");
  return fs::absolute(name).lexically_normal();
}

}  // namespace

OpenedSweep::OpenedSweep(const SweepOptions& options, const SweepSpace& space) : folder(output_folder(options.output)) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw InputError(fmt::format("{}: cannot make the output folder: {}", options.output, error.message()));
  }
  lock = std::make_unique<FolderLock>(folder);
  database = std::make_unique<SweepDatabase>(folder);
  if (database->is_new()) {
    database->describe(space, file_content(options.file));
    return;
  }
  if (!options.resume) {
    throw InputError(options.output + ": holds a sweep already; expected --resume, or another folder");
  }
  database->check_description(space);
}

Executor executor_of(const SweepOptions& options, const fs::path& folder) {
  if (options.executor == "local") return local_executor(options.jobs);
  return cluster_executor(options.executor, folder, options.executor_options);
}

void conclude_sweep(const SweepOptions& options, const SweepDatabase& database) {
  const std::vector<PointState> states = database.states();
  const auto count = [&](PointState state) { return std::count(states.begin(), states.end(), state); };
  const auto failed = count(PointState::failed);
  write_sweep_report(options.output);
  if (options.json) {
    const nlohmann::ordered_json json{{"points", states.size()},
                                      {"done", count(PointState::done)},
                                      {"failed", failed},
                                      {"database", SweepDatabase::file_in(options.output).string()}};
    std::cout << json.dump(2) << "\n";
  } else {
    std::cout << fmt::format("{} points, {} done, {} failed: {}\n", states.size(), count(PointState::done), failed,
                             SweepDatabase::file_in(options.output).string());
  }
  if (failed > 0) {
    throw CheckError(fmt::format("{} of {} points failed; reprise query {} --where 'state == failed' --columns error",
                                 failed, states.size(), options.output));
  }
}

}  // namespace reprise
