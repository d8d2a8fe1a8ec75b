#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>

#include "scenarios/commands.h"
#include "scenarios/shell_pages.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::optional<std::string> completion;
  std::optional<std::string> manual;
};

void write_manual(const CLI::App& app, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) throw InputError(folder.string() + ": cannot be made: " + error.message());
  for (const auto& [name, page] : manual_pages(app)) write_file_atomically(folder / (name + ".1"), page);
}

void help_shell(const CLI::App& app, const Options& options) {
  if (options.completion.has_value() == options.manual.has_value()) {
    throw InputError("shell: expected either --completion or --manual");
  }
  if (options.manual) return write_manual(app, *options.manual);
  const std::string& shell = *options.completion;
  std::cout << (shell == "bash" ? bash_completion(app) : shell == "zsh" ? zsh_completion(app) : fish_completion(app));
}

}  // namespace

void add_shell_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("shell", "Completion for shells, and manual pages");
  command->add_option("--completion", options->completion, "Completion of commands and options, to be sourced")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  command->add_option("--manual", options->manual, "Write manual pages, a page a command, into a folder")
      ->type_name("DIR");
  command->footer("Example: source <(reprise shell --completion bash)");
  command->callback([options, &app] { help_shell(app, *options); });
}

}  // namespace reprise
