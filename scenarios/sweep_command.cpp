#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "scenarios/cluster.h"
#include "scenarios/commands.h"
#include "scenarios/sweep_options.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

/// Whether these are the points of the database, in this order.
void check_same_points(const SweepDatabase& database, const std::vector<SweepPoint>& points) {
  bool same = database.size() == points.size();
  std::int64_t number = 0;
  for (auto point = points.begin(); same && point != points.end(); ++point) {
    same = database.configuration(++number) == point->configuration;
  }
  if (same) return;
  throw InputError(number == 0 ? fmt::format("the folder holds a sweep of {} points, not of {}; expected a new folder",
                                             database.size(), points.size())
                               : fmt::format("the folder holds a sweep with other settings, from point {} on; expected "
                                             "a new folder",
                                             number));
}

SweepRunner::Points pending_points(const SweepDatabase& database, const std::vector<SweepPoint>& points) {
  SweepRunner::Points pending;
  const std::vector<PointState> states = database.states();
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (states[i] == PointState::pending) pending.emplace(static_cast<std::int64_t>(i + 1), points[i]);
  }
  return pending;
}

void sweep(const SweepOptions& options) {
  const SweepSpace space(options.file, options.settings);
  const std::vector<SweepPoint> points = space.points();
  if (options.list) {
    for (const SweepPoint& point : points) {
      std::string line;
      for (const auto& [key, value] : point.settings)
        line += fmt::format("{}{}={}", line.empty() ? "" : " ", key, value);
      std::cout << line << "\n";
    }
    return;
  }
  const OpenedSweep opened(options, space);
  SweepDatabase& database = *opened.database;
  if (database.size() == 0) database.add(points);
  check_same_points(database, points);
  if (options.retry_failed) database.forget_failures();
  const SweepRunner::Points pending = pending_points(database, points);
  if (!pending.empty()) {
    log_info("{} points, {} to simulate", points.size(), pending.size());
    const InterruptGuard guard;
    SweepRunner(opened.folder, database, executor_of(options, opened.folder)).run(pending);
  }
  conclude_sweep(options, database);
}

}  // namespace

void add_sweep_command(CLI::App& app) {
  const auto options = std::make_shared<SweepOptions>();
  CLI::App* command = app.add_subcommand("sweep", "Simulate many points of a scenario into one database, resumable");
  add_sweep_options(*command, *options);
  command->add_flag("--list", options->list, "Only say which points there are");
  command->add_flag("--retry-failed", options->retry_failed, "With --resume: also points that failed");
  command->footer("Example: reprise sweep lenet5.yaml -o sweep -j 2");
  command->callback([options] { sweep(*options); });
}

void add_task_command(CLI::App& app) {
  struct Options {
    std::string file;
    int index = 1;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("task", "What array jobs of `sweep --executor` call");
  command->add_option("file", options->file, "Tasks, JSON")->required()->type_name("FILE");
  command->add_option("--index", options->index, "Element of the array, from 1")
      ->required()
      ->check(CLI::Range(1, 1'000'000, "1..1000000"));
  command->group("");
  command->callback([options] { run_array_element(options->file, options->index); });
}

}  // namespace reprise
