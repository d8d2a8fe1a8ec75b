#include "scenarios/sweep_runner.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"
#include "support/progress.h"

namespace reprise {

namespace fs = std::filesystem;

Executor local_executor(int jobs) {
  return [jobs](const std::vector<OwnTask>& tasks, const std::function<void(std::size_t, const TaskOutcome&)>& ended) {
    run_tasks(tasks, jobs, ended);
  };
}

SweepRunner::SweepRunner(fs::path folder, SweepDatabase& database, Executor executor)
    : folder_(std::move(folder)), database_(database), executor_(std::move(executor)) {}

void SweepRunner::run(const Points& points) {
  fs::create_directories(folder_ / "images");
  fs::create_directories(folder_ / "points");
  find_images(points);
  make_images();
  simulate(points);
}

void SweepRunner::find_images(const Points& points) {
  std::map<std::string, std::string> names;  // by network and configuration: an identity costs reading the network
  for (const auto& [number, point] : points) {
    const Experiment& experiment = point.experiment;
    if (!experiment.network) continue;
    const std::string what = *experiment.network + "\n" + config::dump(experiment.compression, compress_table());
    std::string& name = names[what];
    if (name.empty()) {
      const std::string identity = compression_identity(*experiment.network, experiment.compression);
      name = identity_hash(identity);
      const std::string image = (folder_ / "images" / (name + ".h5")).string();
      images_.emplace(name, Image{{*experiment.network, experiment.compression, image, {}}, identity, ""});
    }
    image_of_[number] = name;
  }
}

void SweepRunner::make_images() {
  std::vector<std::string> missing;
  std::vector<OwnTask> tasks;
  for (auto& [name, image] : images_) {
    image.error.clear();
    if (image_is_made(image.job.output, image.identity)) continue;
    const fs::path base = folder_ / "images" / name;
    fs::remove(identity_file(image.job.output));
    write_file_atomically(base.string() + ".yaml", config::dump(image.job.config, compress_table()));
    tasks.push_back({{"compress", image.job.network, "-c", base.string() + ".yaml", "-o", image.job.output},
                     base.string() + ".log"});
    missing.push_back(name);
  }
  if (tasks.empty()) return;
  Progress progress("weight images", tasks.size());
  executor_(tasks, [&](std::size_t task, const TaskOutcome& outcome) {
    Image& image = images_.at(missing[task]);
    if (outcome.code == 0) {
      write_file_atomically(identity_file(image.job.output), image.identity);
    } else {
      image.error = "compression: " + error_of(outcome, tasks[task].log);
      progress.fail();
    }
    progress.advance();
  });
}

void SweepRunner::simulate(const Points& points) {
  std::vector<std::int64_t> numbers;
  std::vector<OwnTask> tasks;
  Progress progress("points", points.size());
  const auto finish = [&](std::int64_t number, const PointResult& result) {
    database_.finish(number, result);
    if (!result.error.empty()) progress.fail();
    progress.advance();
  };
  for (const auto& [number, point] : points) {
    const auto image = image_of_.find(number);
    if (image != image_of_.end() && !images_.at(image->second).error.empty()) {
      PointResult result;
      result.error = images_.at(image->second).error;
      finish(number, result);
    } else {
      tasks.push_back(task_of(number, point));
      numbers.push_back(number);
    }
  }
  executor_(tasks, [&](std::size_t task, const TaskOutcome& outcome) {
    finish(numbers[task], result_of(numbers[task], outcome));
  });
}

fs::path SweepRunner::folder_of(std::int64_t point) const {
  return folder_ / "points" / fmt::format("{:06}", point);
}

OwnTask SweepRunner::task_of(std::int64_t number, const SweepPoint& point) const {
  const fs::path folder = folder_of(number);
  fs::remove_all(folder);
  fs::create_directories(folder);
  Scenario scenario = point.experiment.scenario;
  if (point.experiment.network) scenario.image = images_.at(image_of_.at(number)).job.output;
  const fs::path file = folder / "scenario.yaml";
  write_file_atomically(file, config::dump(scenario, scenario_table()));
  return {{"run", file.string(), "--no-report", "-o", folder.string()}, folder / "log.txt"};
}

PointResult SweepRunner::result_of(std::int64_t number, const TaskOutcome& outcome) const {
  PointResult result;
  result.seconds = outcome.seconds;
  result.memory_mib = outcome.memory_mib;
  const fs::path folder = folder_of(number);
  if (outcome.code != 0) {
    result.error = error_of(outcome, folder / "log.txt");
    return result;
  }
  try {
    std::ifstream stream(folder / "results.json");
    const auto results = nlohmann::ordered_json::parse(stream);
    result.metrics = metrics_of(results);
    result.layers = layer_metrics_of(results);
  } catch (const nlohmann::json::exception& error) {
    result.error = fmt::format("results.json: {}", error.what());
  }
  return result;
}

std::string SweepRunner::error_of(const TaskOutcome& outcome, const fs::path& log) const {
  return fmt::format("exit code {}: {} ({})", outcome.code, outcome.error, log.lexically_relative(folder_).string());
}

}  // namespace reprise
