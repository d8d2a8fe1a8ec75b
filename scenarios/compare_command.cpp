#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "scenarios/commands.h"
#include "scenarios/report_page.h"
#include "scenarios/results.h"
#include "scenarios/results_folder.h"
#include "support/atomic_file.h"
#include "support/log.h"

namespace reprise {
namespace {

struct Options {
  std::vector<std::string> folders;
  std::string html;
  bool json = false;
};

void write_page(const std::string& file, const NamedRuns& runs) {
  nlohmann::ordered_json data{{"runs", nlohmann::ordered_json::array()}, {"quantities", compared_quantities(runs)}};
  std::string title;
  for (const auto& [name, results] : runs) {
    data["runs"].push_back({{"name", name}, {"results", results}});
    title += (title.empty() ? "" : ", ") + name;
  }
  write_file_atomically(file, report_page(ReportKind::comparison, title + " compared", data));
  log_info("wrote {}", file);
}

void compare(const Options& options) {
  NamedRuns runs;
  for (const std::string& folder : options.folders) runs.emplace_back(run_name(folder), read_results(folder));
  const std::string text = comparison(runs);  // also checks that the files can be compared
  if (options.json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::object();
    for (const auto& [name, results] : runs) all[name] = results;
    std::cout << all.dump(2) << "\n";
  } else {
    std::cout << text;
  }
  if (!options.html.empty()) write_page(options.html, runs);
}

}  // namespace

void add_compare_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("compare", "Show runs side by side, with ratios to the first and changes in per cent");
  command->add_option("folders", options->folders, "Folders that `reprise run` wrote")
      ->required()
      ->expected(2, -1)
      ->type_name("DIR");
  command->add_flag("--json", options->json, "The results as JSON, by folder");
  command->add_option("--html", options->html, "Also write a page with charts of these runs")->type_name("FILE");
  command->footer("Example: reprise compare results/dense results/wpr --html comparison.html");
  command->callback([options] { compare(*options); });
}

}  // namespace reprise
