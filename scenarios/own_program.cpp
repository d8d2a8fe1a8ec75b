#include "scenarios/own_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "support/error.h"

namespace reprise {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

std::string last_line(const std::filesystem::path& log) {
  std::ifstream stream(log);
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

/// Exit code, or -1.
int spawn(std::vector<std::string> arguments, const std::filesystem::path& log) {
  arguments.insert(arguments.begin(), "reprise");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int error = posix_spawn(&child, kSelf, &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

void run_own_program(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  const int code = spawn(arguments, log);
  if (code == 0) return;
  const std::string message = fmt::format("reprise {}: ended with {}: {} (all of it in {})", fmt::join(arguments, " "),
                                          code, last_line(log), log.string());
  if (code == 2) throw InputError(message);
  if (code == 3) throw SimulationError(message);
  if (code == 4) throw CheckError(message);
  throw std::runtime_error(message);
}

}  // namespace reprise
