#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "scenarios/commands.h"
#include "scenarios/config_files.h"
#include "scenarios/config_schema.h"
#include "scenarios/experiment.h"
#include "scenarios/settings_option.h"
#include "scenarios/share_folder.h"
#include "support/error.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::optional<std::string> explain;
  std::optional<std::string> dump;
  std::optional<std::string> schema;
  bool keys = false;
  bool presets = false;
  std::vector<std::string> settings;
  bool json = false;
};

std::string schema_text(const std::string& name) {
  std::vector<std::string> names;
  for (const ConfigFile& file : config_files()) {
    if (file.name == name) return schema_of(file.fields, "Reprise: " + file.name).dump(2) + "\n";
    names.push_back(file.name);
  }
  throw InputError(fmt::format("--schema: {}: unknown kind of file; {}", name, config::detail::suggest(name, names)));
}

/// The presets, each with the comment that it begins with.
std::string presets_text() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(share_folder() / "presets")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) {
    std::ifstream stream(file);
    std::string comment;
    std::getline(stream, comment);
    text += fmt::format("{:<24} {}\n", file.stem().string(), comment.substr(std::min<std::size_t>(2, comment.size())));
  }
  return text;
}

void describe(const Options& options) {
  const int chosen = (options.explain ? 1 : 0) + (options.dump ? 1 : 0) + (options.schema ? 1 : 0) +
                     (options.keys ? 1 : 0) + (options.presets ? 1 : 0);
  if (chosen != 1) throw InputError("config: expected one of --explain, --dump, --schema, --keys and --presets");
  if (options.explain) std::cout << (options.json ? explain_key_json(*options.explain) : explain_key(*options.explain));
  if (options.dump)
    std::cout << dump_experiment(read_experiment(load_experiment_node(*options.dump, options.settings)));
  if (options.schema) std::cout << schema_text(*options.schema);
  if (options.keys) std::cout << keys_page();
  if (options.presets) std::cout << presets_text();
}

}  // namespace

void add_config_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("config", "Say what can stand in the YAML files, and what a scenario amounts to");
  command->add_option("--explain", options->explain, "What a key, or a section, means")->type_name("KEY");
  command->add_option("--dump", options->dump, "The effective configuration of a scenario, as YAML")
      ->type_name("SCENARIO.yaml");
  command
      ->add_option("--schema", options->schema,
                   "JSON Schema of a kind of file (scenario, sweep, comparison), for editors")
      ->type_name("KIND");
  command->add_flag("--keys", options->keys, "Every key, as a page in Markdown");
  command->add_flag("--presets", options->presets, "The presets that files can include by name");
  add_settings_option(*command, options->settings);
  command->add_flag("--json", options->json, "--explain as JSON");
  command->footer("Example: reprise config --explain platform.adc");
  command->callback([options] { describe(*options); });
}

}  // namespace reprise
