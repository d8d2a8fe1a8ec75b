#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "scenarios/commands.h"
#include "scenarios/share_folder.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

/// The scenario that is shipped, with paths that hold from anywhere.
std::string first_scenario() {
  std::string text = file_content(share_folder() / "init.yaml");
  const std::string relative = "../networks/";
  const std::size_t at = text.find(relative);
  if (at == std::string::npos) throw std::logic_error("init.yaml names no network");
  return text.replace(at, relative.size(), (share_folder() / "../networks").lexically_normal().string() + "/");
}

void write_first_scenario(const std::string& file) {
  if (fs::exists(file)) throw InputError(file + ": is there already; expected a new file");
  write_file_atomically(file, first_scenario());
  log_info("wrote {}; now: reprise run {} -o results", file, file);
}

}  // namespace

void add_init_command(CLI::App& app) {
  const auto file = std::make_shared<std::string>("scenario.yaml");
  CLI::App* command = app.add_subcommand("init", "Write a commented scenario to start from, which runs as it is");
  command->add_option("file", *file, "The scenario to write (scenario.yaml)")->type_name("FILE.yaml");
  command->footer("Example: reprise init my_chip.yaml");
  command->callback([file] { write_first_scenario(*file); });
}

}  // namespace reprise
