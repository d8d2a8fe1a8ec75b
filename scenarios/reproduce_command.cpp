#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "scenarios/claims.h"
#include "scenarios/commands.h"
#include "scenarios/measurement.h"
#include "scenarios/reproduction_config.h"
#include "scenarios/settings_option.h"
#include "scenarios/share_folder.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string output;
  std::string networks = (share_folder() / "reproduce.yaml").string();
  std::string data;
  std::vector<std::string> only;
  bool no_fine_tuning = false;
  bool json = false;
};

/// Engines whose layers also take turns: the baselines of S5, and what asynchronous layers bring.
bool runs_sequentially(const EngineSetup& setup) {
  return setup.engine == EngineKind::sre || setup.engine == EngineKind::reprise;
}

std::map<std::string, ReproducedNetwork> chosen_networks(const Options& options) {
  const auto config = config::load(options.networks, reproduction_table(), shipped_layers());
  std::map<std::string, ReproducedNetwork> chosen;
  for (const auto& [name, network] : config.networks) {
    if (network.model.has_value() == network.from_data.has_value()) {
      throw InputError(fmt::format("{}: networks.{}: expected either model or from_data", options.networks, name));
    }
    const bool wanted =
        options.only.empty() || std::find(options.only.begin(), options.only.end(), name) != options.only.end();
    if (!wanted) continue;
    if (network.from_data && options.data.empty()) {
      log_warn("{}: left out; it needs --data", name);
      continue;
    }
    chosen.emplace(name, network);
  }
  for (const std::string& name : options.only) {
    if (config.networks.count(name) == 0) {
      throw InputError(fmt::format("--only: no network is named '{}' in {}", name, options.networks));
    }
  }
  if (chosen.empty()) throw InputError(options.networks + ": no network to compare on");
  return chosen;
}

void reproduce(const Options& options) {
  const auto networks = chosen_networks(options);
  const fs::path folder = fs::absolute(options.output);
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw InputError(fmt::format("{}: cannot make the output folder: {}", options.output, error.message()));
  }
  const fs::path data = options.data.empty() ? fs::path() : fs::absolute(options.data);
  Measurements measurements;
  for (const auto& [name, network] : networks) {
    NetworkMeasurements engines(name, network, data, folder, !options.no_fine_tuning);
    std::map<std::string, Measurement>& runs = measurements[name + (network.synthetic ? " (synthetic)" : "")];
    for (const EngineSetup& setup : engine_setups()) {
      runs[setup.name] = engines.measure(setup, Execution::asynchronous);
      if (runs_sequentially(setup)) runs[setup.name + "-sequential"] = engines.measure(setup, Execution::sequential);
    }
  }
  write_file_atomically(folder / "reproduction.csv", claims_csv(measurements));
  write_file_atomically(folder / "reproduction.md", reproduction_page(measurements));
  std::cout << (options.json ? claims_json(measurements) : claims_text(measurements));
  log_info("wrote reproduction.csv and reproduction.md to {}", folder.string());
}

}  // namespace

void add_reproduce_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("reproduce", "Compare engines on trained networks, reported figures beside measured ones");
  command->add_option("-o,--output", options->output, "Folder for everything; what is there already is not made again")
      ->required()
      ->type_name("DIR");
  command->add_option("--networks", options->networks, "Networks to compare on, in place of those shipped")
      ->type_name("FILE.yaml");
  command->add_option("--data", options->data, "Folder of the networks and images that are not the project's")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->add_option("--only", options->only, "Only these of the networks")->type_name("NAME");
  command->add_flag("--no-fine-tuning", options->no_fine_tuning, "Compress without training");
  command->add_flag("--json", options->json, "The claims as JSON");
  command->footer("Example: reprise reproduce --only lenet5 -o reproduction");
  command->callback([options] { reproduce(*options); });
}

}  // namespace reprise
