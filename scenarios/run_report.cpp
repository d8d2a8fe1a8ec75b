#include "scenarios/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/report_page.h"
#include "scenarios/results.h"
#include "scenarios/results_folder.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// The text of a file, or null where there is none.
Json text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return {};
  return std::string{std::istreambuf_iterator<char>(stream), {}};
}

/// What a reader of the page finds beside it.
std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* name :
       {"results.json", "layers.csv", "engines.csv", "pipeline.csv", "timeline.json", "waves.vcd", "waves.fst"}) {
    if (fs::exists(folder / name)) names.emplace_back(name);
  }
  return names;
}

/// Everything that the page shows is also in the summary, which says so where something is missing.
void check(const Json& results, const fs::path& folder) {
  try {
    summary(results);
  } catch (const Json::exception& error) {
    throw InputError(fmt::format("{}: results.json is damaged: {}", folder.string(), error.what()));
  }
}

}  // namespace

void write_run_report(const fs::path& folder) {
  Json results = read_results(folder);
  check(results, folder);
  const std::string title =
      fmt::format("{} on {}", results.at("network").get<std::string>(), results.at("engine").get<std::string>());
  const Json data{{"results", std::move(results)},
                  {"engines_csv", text_of(folder / "engines.csv")},
                  {"pipeline_csv", text_of(folder / "pipeline.csv")},
                  {"files", files_in(folder)}};
  write_file_atomically(folder / "report.html", report_page(ReportKind::run, title, data));
}

}  // namespace reprise
