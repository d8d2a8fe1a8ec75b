#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "scenarios/commands.h"
#include "scenarios/results.h"
#include "support/error.h"

namespace reprise {
namespace {

nlohmann::ordered_json read_results(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "results.json";
  std::ifstream stream(file);
  if (!stream) throw InputError(file.string() + ": cannot be read; expected a folder that `reprise run` wrote");
  try {
    return nlohmann::ordered_json::parse(stream);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(file.string() + ": not JSON: " + error.what());
  }
}

struct Options {
  std::vector<std::string> folders;
  bool json = false;
};

void compare(const Options& options) {
  std::vector<std::pair<std::string, nlohmann::ordered_json>> runs;
  for (const std::string& folder : options.folders) {
    const std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
    const std::filesystem::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    runs.emplace_back(name.string(), read_results(path));
  }
  const std::string text = comparison(runs);  // also checks that the files can be compared
  if (!options.json) {
    std::cout << text;
    return;
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (auto& [name, results] : runs) all[name] = std::move(results);
  std::cout << all.dump(2) << "\n";
}

}  // namespace

void add_compare_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compare", "Show runs side by side, with ratios to the first");
  command->add_option("folders", options->folders, "Folders that `reprise run` wrote")
      ->required()
      ->expected(2, -1)
      ->type_name("DIR");
  command->add_flag("--json", options->json, "The results as JSON, by folder");
  command->footer("Example: reprise compare results/dense results/wpr");
  command->callback([options] { compare(*options); });
}

}  // namespace reprise
