#include "scenarios/results_folder.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "scenarios/results.h"
#include "support/error.h"

namespace reprise {

namespace fs = std::filesystem;

nlohmann::ordered_json read_results(const fs::path& folder) {
  const fs::path file = folder / "results.json";
  std::ifstream stream(file);
  if (!stream) throw InputError(file.string() + ": cannot be read; expected a folder that `reprise run` wrote");
  try {
    nlohmann::ordered_json results = nlohmann::ordered_json::parse(stream);
    if (!results.is_object() || results.value("schema_version", nlohmann::ordered_json()) != kResultsSchema) {
      throw InputError(fmt::format("{}: schema_version of results.json is not {}; expected the results of this version",
                                   file.string(), kResultsSchema));
    }
    return results;
  } catch (const nlohmann::json::exception& error) {
    throw InputError(file.string() + ": not JSON: " + error.what());
  }
}

std::string run_name(const fs::path& folder) {
  const fs::path path = fs::absolute(folder).lexically_normal();
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

}  // namespace reprise
