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

void compare(const std::vector<std::string>& folders) {
  std::vector<std::pair<std::string, nlohmann::ordered_json>> runs;
  for (const std::string& folder : folders) {
    const std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
    const std::filesystem::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    runs.emplace_back(name.string(), read_results(path));
  }
  std::cout << comparison(runs);
}

}  // namespace

void add_compare_command(CLI::App& app) {
  const auto folders = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("compare", "Show runs side by side, with ratios to the first");
  command->add_option("folders", *folders, "Folders that `reprise run` wrote")
      ->required()
      ->expected(2, -1)
      ->type_name("DIR");
  command->footer("Example: reprise compare results/dense results/wpr");
  command->callback([folders] { compare(*folders); });
}

}  // namespace reprise
