#include "scenarios/cluster.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "scenarios/share_folder.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Ended = std::function<void(std::size_t, const TaskOutcome&)>;

constexpr std::size_t kMostElements = 1000;  // Slurm's default limit is 1001
constexpr auto kFollowInterval = std::chrono::milliseconds(500);
constexpr int kGracePolls = 20;  // files of a task may come later than the end of its job: shared folders are slow

struct Scheduler {
  std::string submit;  ///< before options and the script
  std::string query;   ///< before the job's number; says nothing, or fails, where the job has ended
  std::string cancel;
  bool tested;
};

const std::map<std::string, Scheduler>& schedulers() {
  static const std::map<std::string, Scheduler> all{
      {"slurm", {"sbatch --parsable", "squeue --noheader --jobs", "scancel", true}},
      {"lsf", {"bsub", "bjobs -noheader", "bkill", false}},
      {"sge", {"qsub -terse", "qstat -j", "qdel", false}},
  };
  return all;
}

std::string quoted(const std::string& argument) {
  std::string text = "'";
  for (const char c : argument) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

struct Said {
  int code = 0;
  std::string out;  ///< and what went to standard error
};

Said shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen((command + " 2>&1").c_str(), "r"), [](FILE*) { return 0; });
  if (!pipe) throw std::runtime_error("no shell can be started");
  Said said;
  std::array<char, 4096> buffer{};
  while (fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) != nullptr) said.out += buffer.data();
  const int status = pclose(pipe.get());
  said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return said;
}

/// The first number in a text.
std::string number_in(const std::string& text) {
  const auto begin = std::find_if(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return {begin, std::find_if(begin, text.end(), [](unsigned char c) { return std::isdigit(c) == 0; })};
}

void fill_in(std::string& text, const std::string& name, const std::string& value) {
  const std::string placeholder = "@" + name + "@";
  for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += value.size()) {
    text.replace(at, placeholder.size(), value);
  }
}

/// How a task ended, in a file whose name stands for the task.
fs::path outcome_file(const fs::path& folder, const OwnTask& task) {
  const std::string text = fmt::format("{}\n{}", fmt::join(task.arguments, "\n"), task.log.string());
  return folder / fmt::format("{:016x}.outcome.json", XXH3_64bits(text.data(), text.size()));
}

void write_outcome(const fs::path& file, const TaskOutcome& outcome) {
  const Json json{{"code", outcome.code},
                  {"error", outcome.error},
                  {"seconds", outcome.seconds},
                  {"memory_mib", outcome.memory_mib}};
  write_file_atomically(file, json.dump() + "\n");
}

std::optional<TaskOutcome> read_outcome(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  const Json json = Json::parse(file_content(file));
  return TaskOutcome{json.at("code").get<int>(), json.at("error").get<std::string>(), json.at("seconds").get<double>(),
                     json.at("memory_mib").get<double>()};
}

/// One array job, from its submission to the last of its tasks.
class ArrayJob {
 public:
  ArrayJob(const std::string& scheduler, fs::path folder, const std::vector<std::string>& options)
      : name_(scheduler), scheduler_(schedulers().at(scheduler)), folder_(std::move(folder)), options_(options) {}

  void run(const std::vector<OwnTask>& tasks, const Ended& ended) {
    fs::create_directories(folder_);
    cancel_former();
    for (std::size_t i = 0; i < tasks.size(); ++i) open_.insert(i);
    collect(tasks, ended);
    if (open_.empty()) return;
    submit(tasks);
    try {
      follow(tasks, ended);
    } catch (...) {
      shell(scheduler_.cancel + " " + job_);
      throw;
    }
    fs::remove(folder_ / "job");
  }

 private:
  void cancel_former() {
    const std::string former = file_content(folder_ / "job");
    if (former.empty()) return;
    shell(scheduler_.cancel + " " + former);
    for (int i = 0; i < kGracePolls && is_queued(former); ++i) std::this_thread::sleep_for(kFollowInterval);
    fs::remove(folder_ / "job");
  }

  bool is_queued(const std::string& job) const {
    const Said said = shell(scheduler_.query + " " + job);
    return said.code == 0 && !said.out.empty();
  }

  void submit(const std::vector<OwnTask>& tasks) {
    const std::size_t per_element = (open_.size() + kMostElements - 1) / kMostElements;
    const std::size_t elements = (open_.size() + per_element - 1) / per_element;
    Json list = Json::array();
    for (const std::size_t i : open_) {
      list.push_back({{"arguments", tasks[i].arguments},
                      {"log", tasks[i].log.string()},
                      {"outcome", outcome_file(folder_, tasks[i]).string()}});
    }
    const fs::path file = folder_ / "tasks.json";
    write_file_atomically(file, Json{{"per_element", per_element}, {"tasks", list}}.dump(1) + "\n");
    std::string script = file_content(share_folder() / "cluster" / (name_ + ".sh"));
    fill_in(script, "NAME", "reprise");
    fill_in(script, "COUNT", std::to_string(elements));
    fill_in(script, "FOLDER", folder_.string());
    fill_in(script, "PROGRAM", fs::read_symlink("/proc/self/exe").string());
    fill_in(script, "TASKS", file.string());
    write_file_atomically(folder_ / "job.sh", script);
    std::string command = scheduler_.submit;
    for (const std::string& option : options_) command += " " + quoted(option);
    const Said said = shell(command + (name_ == "lsf" ? " < " : " ") + quoted((folder_ / "job.sh").string()));
    job_ = number_in(said.out);
    if (said.code != 0 || job_.empty()) throw InputError(fmt::format("{}: {}", scheduler_.submit, said.out));
    write_file_atomically(folder_ / "job", job_);
    log_info("{} job {}: {} tasks in {} elements", name_, job_, open_.size(), elements);
  }

  void follow(const std::vector<OwnTask>& tasks, const Ended& ended) {
    int polls_without_job = 0;
    while (!open_.empty()) {
      if (InterruptGuard::interrupted()) throw Interrupted("interrupted; the job is cancelled");
      std::this_thread::sleep_for(kFollowInterval);
      collect(tasks, ended);
      polls_without_job = is_queued(job_) ? 0 : polls_without_job + 1;
      if (polls_without_job <= kGracePolls) continue;
      for (const std::size_t i : std::exchange(open_, {})) {
        ended(i, {-1, fmt::format("{} job {} ended without a result of this task", name_, job_), 0.0, 0.0});
      }
    }
  }

  /// Takes what has come in. A file goes when it has been told of: what is told of twice does no harm.
  void collect(const std::vector<OwnTask>& tasks, const Ended& ended) {
    for (auto i = open_.begin(); i != open_.end();) {
      const fs::path file = outcome_file(folder_, tasks[*i]);
      const std::optional<TaskOutcome> outcome = read_outcome(file);
      if (!outcome) {
        ++i;
        continue;
      }
      ended(*i, *outcome);
      fs::remove(file);
      i = open_.erase(i);
    }
  }

  const std::string name_;
  const Scheduler& scheduler_;
  const fs::path folder_;
  const std::vector<std::string>& options_;
  std::set<std::size_t> open_;  ///< tasks that have not ended yet
  std::string job_;
};

}  // namespace

std::vector<std::string> scheduler_names() {
  std::vector<std::string> names;
  for (const auto& [name, scheduler] : schedulers()) names.push_back(name);
  return names;
}

Executor cluster_executor(const std::string& scheduler, const fs::path& folder,
                          const std::vector<std::string>& options) {
  if (!schedulers().at(scheduler).tested) log_warn("{}: the template of its jobs is untested", scheduler);
  return [scheduler, folder, options](const std::vector<OwnTask>& tasks, const Ended& ended) {
    if (!tasks.empty()) ArrayJob(scheduler, folder / "cluster", options).run(tasks, ended);
  };
}

void run_array_element(const fs::path& file, int index) {
  Json json;
  try {
    json = Json::parse(file_content(file));
  } catch (const Json::exception& error) {
    throw InputError(fmt::format("{}: {}; expected the tasks of a sweep", file.string(), error.what()));
  }
  const Json& list = json.at("tasks");
  const auto per_element = json.at("per_element").get<std::size_t>();
  const std::size_t first = static_cast<std::size_t>(index - 1) * per_element;
  if (first >= list.size()) throw InputError(fmt::format("--index: {}; there are no tasks for it", index));
  std::vector<OwnTask> tasks;
  std::vector<fs::path> outcomes;
  for (std::size_t i = first; i < std::min(first + per_element, list.size()); ++i) {
    tasks.push_back({list[i].at("arguments").get<std::vector<std::string>>(), list[i].at("log").get<std::string>()});
    outcomes.emplace_back(list[i].at("outcome").get<std::string>());
  }
  run_tasks(tasks, 1, [&](std::size_t i, const TaskOutcome& outcome) { write_outcome(outcomes[i], outcome); });
}

}  // namespace reprise
