#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "scenarios/commands.h"
#include "scenarios/run_report.h"
#include "scenarios/sweep_report.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

void report(const fs::path& folder) {
  if (fs::exists(folder / "results.json")) {
    write_run_report(folder);
  } else if (fs::exists(folder / "sweep.db")) {
    write_sweep_report(folder);
  } else {
    throw InputError(folder.string() +
                     ": neither results.json nor sweep.db; expected a folder of `reprise run` or `reprise sweep`");
  }
  log_info("wrote {}", (folder / "report.html").string());
}

}  // namespace

void add_report_command(CLI::App& app) {
  const auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("report", "Make the page report.html of a folder of results again");
  command->add_option("folder", *folder, "Folder that `reprise run` or `reprise sweep` wrote")
      ->required()
      ->type_name("DIR");
  command->footer("Example: reprise report results");
  command->callback([folder] { report(*folder); });
}

}  // namespace reprise
