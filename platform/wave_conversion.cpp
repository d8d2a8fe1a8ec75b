#include "platform/wave_conversion.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>

#include "support/error.h"

namespace reprise {
namespace {

constexpr const char* kProgram = "vcd2fst";

std::optional<std::string> find_program() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = (folder.empty() ? "." : folder) + '/' + kProgram;
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return std::nullopt;
}

/// Runs it without input and output; its exit code, or -1.
int run(const std::string& program, std::string first, std::string second) {
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string name = kProgram;
  char* arguments[] = {name.data(), first.data(), second.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, program.c_str(), &quiet, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&quiet);
  int status = 0;
  if (error != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

}  // namespace

bool can_convert_to_fst() {
  return find_program().has_value();
}

void convert_to_fst(const std::filesystem::path& vcd, const std::filesystem::path& fst) {
  const std::optional<std::string> program = find_program();
  if (!program || run(*program, vcd.string(), fst.string()) != 0 || !std::filesystem::exists(fst)) {
    throw InputError(fst.string() + ": " + kProgram + " could not make it of " + vcd.string());
  }
}

}  // namespace reprise
