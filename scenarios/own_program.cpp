#include "scenarios/own_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace reprise {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kSelf = "/proc/self/exe";
constexpr auto kPollInterval = std::chrono::milliseconds(5);
constexpr double kKibPerMib = 1024.0;

volatile std::sig_atomic_t interrupt_seen = 0;

void note_interrupt(int) {
  interrupt_seen = 1;
}

std::string last_line(const std::filesystem::path& log) {
  std::ifstream stream(log);
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

/// In the new process: becomes this program with other arguments. Dies when its parent does.
[[noreturn]] void become(char* const* arguments, const char* log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // Ctrl-C of the terminal is for the parent alone
  const int null = open("/dev/null", O_RDONLY);
  const int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (getppid() != parent || null < 0 || out < 0) _exit(127);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execv(kSelf, arguments);
  _exit(127);
}

/// A call of this program that runs.
class Child {
 public:
  explicit Child(const OwnTask& task) : log_(task.log) {
    std::vector<std::string> arguments = task.arguments;
    arguments.insert(arguments.begin(), "reprise");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) become(pointers.data(), log_.c_str(), parent);
    if (pid_ < 0) throw std::runtime_error("no new process can be started");
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)), start_(other.start_), log_(other.log_) {}
  Child& operator=(Child&&) = delete;

  /// How it ended, once it has.
  std::optional<TaskOutcome> outcome() {
    int status = 0;
    rusage usage{};
    const pid_t found = wait4(pid_, &status, WNOHANG, &usage);
    if (found == 0 || (found < 0 && errno == EINTR)) return std::nullopt;
    pid_ = 0;
    TaskOutcome outcome;
    outcome.code = found > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    outcome.memory_mib = static_cast<double>(usage.ru_maxrss) / kKibPerMib;
    if (outcome.code == 0) return outcome;
    outcome.error = last_line(log_);
    if (outcome.code < 0) outcome.error = fmt::format("ended by signal {}; {}", WTERMSIG(status), outcome.error);
    return outcome;
  }

 private:
  pid_t pid_ = 0;
  Clock::time_point start_ = Clock::now();
  std::filesystem::path log_;
};

}  // namespace

InterruptGuard::InterruptGuard()
    : before_interrupt_(std::signal(SIGINT, note_interrupt)), before_terminate_(std::signal(SIGTERM, note_interrupt)) {
  interrupt_seen = 0;
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, before_interrupt_);
  std::signal(SIGTERM, before_terminate_);
}

bool InterruptGuard::interrupted() {
  return interrupt_seen != 0;
}

void run_tasks(const std::vector<OwnTask>& tasks, int jobs,
               const std::function<void(std::size_t task, const TaskOutcome&)>& ended) {
  std::map<std::size_t, Child> running;
  std::size_t next = 0;
  while (next < tasks.size() || !running.empty()) {
    if (InterruptGuard::interrupted()) throw Interrupted("interrupted");
    while (next < tasks.size() && running.size() < static_cast<std::size_t>(jobs)) {
      running.emplace(next, Child(tasks[next]));
      ++next;
    }
    std::vector<std::pair<std::size_t, TaskOutcome>> finished;
    for (auto child = running.begin(); child != running.end();) {
      const std::optional<TaskOutcome> outcome = child->second.outcome();
      if (outcome) finished.emplace_back(child->first, *outcome);
      child = outcome ? running.erase(child) : std::next(child);
    }
    for (const auto& [task, outcome] : finished) ended(task, outcome);
    if (finished.empty()) std::this_thread::sleep_for(kPollInterval);
  }
}

void run_own_program(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  TaskOutcome outcome;
  run_tasks({{arguments, log}}, 1, [&](std::size_t, const TaskOutcome& of_task) { outcome = of_task; });
  const int code = outcome.code;
  if (code == 0) return;
  const std::string message = fmt::format("reprise {}: ended with {}: {} (all of it in {})", fmt::join(arguments, " "),
                                          code, outcome.error, log.string());
  if (code == 2) throw InputError(message);
  if (code == 3) throw SimulationError(message);
  if (code == 4) throw CheckError(message);
  throw std::runtime_error(message);
}

}  // namespace reprise
