#include "scenarios/sweep_report.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <variant>

#include "scenarios/report_page.h"
#include "scenarios/results_folder.h"
#include "scenarios/sqlite.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Calls `take` with each row of the answer, a list of numbers, texts and nulls.
template <class Take>
void each_row(const sqlite::Database& database, const char* query, Take take) {
  for (const sqlite::Row& row : database.rows(query)) {
    Json values = Json::array();
    for (const sqlite::Value& value : row) std::visit([&](const auto& held) { values.push_back(held); }, value);
    take(values);
  }
}

/// Texts line by line, each different line kept once: the configurations of a sweep's points hardly differ.
class Lines {
 public:
  /// The numbers of the text's lines.
  Json add(const std::string& text) {
    Json numbers = Json::array();
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      const auto [entry, is_new] = numbers_.emplace(line, numbers_.size());
      if (is_new) lines_.push_back(line);
      numbers.push_back(entry->second);
    }
    return numbers;
  }
  const Json& all() const { return lines_; }

 private:
  std::map<std::string, std::size_t> numbers_;
  Json lines_ = Json::array();
};

/// What the page shows: docs/reports.md.
Json sweep_data(const sqlite::Database& database) {
  Json data{{"sweep", Json::object()}, {"axes", Json::array()}, {"metrics", Json::array()}, {"points", Json::array()}};
  each_row(database, "SELECT key, value FROM sweep ORDER BY key",
           [&](Json& row) { data["sweep"][row[0].get<std::string>()] = row[1]; });
  each_row(database, "SELECT key FROM axes ORDER BY position", [&](Json& row) { data["axes"].push_back(row[0]); });
  each_row(database, "SELECT name, unit, meaning FROM metric_names ORDER BY rowid", [&](Json& row) {
    data["metrics"].push_back({{"name", row[0]}, {"unit", row[1]}, {"meaning", row[2]}});
  });
  Lines lines;
  std::map<std::int64_t, std::size_t> places;
  Json& points = data["points"];
  each_row(database, "SELECT id, state, error, seed, version, configuration FROM points ORDER BY id", [&](Json& row) {
    places[row[0].get<std::int64_t>()] = points.size();
    points.push_back({{"id", row[0]},
                      {"state", row[1]},
                      {"error", row[2]},
                      {"seed", row[3]},
                      {"version", row[4]},
                      {"configuration", lines.add(row[5].is_null() ? "" : row[5].get<std::string>())},
                      {"settings", Json::object()},
                      {"metrics", Json::object()}});
  });
  const auto point = [&](const Json& id) -> Json* {
    const auto place = places.find(id.get<std::int64_t>());
    return place == places.end() ? nullptr : &points[place->second];
  };
  const auto fill = [&](const char* query, const char* part) {
    each_row(database, query, [&](Json& row) {
      if (Json* of = point(row[0])) (*of)[part][row[1].get<std::string>()] = row[2];
    });
  };
  fill("SELECT point, key, value FROM settings", "settings");
  fill("SELECT point, name, value FROM metrics", "metrics");
  each_row(database, "SELECT point, seconds, memory_mib FROM effort", [&](Json& row) {
    if (Json* of = point(row[0])) (*of)["effort"] = {{"seconds", row[1]}, {"memory_mib", row[2]}};
  });
  data["lines"] = lines.all();
  return data;
}

}  // namespace

void write_sweep_report(const fs::path& folder) {
  try {
    Json data = sweep_data({folder / "sweep.db", sqlite::Database::Mode::read});
    data["name"] = run_name(folder);
    write_file_atomically(folder / "report.html", report_page(ReportKind::sweep, "Sweep " + run_name(folder), data));
  } catch (const Json::exception& error) {
    throw InputError(
        fmt::format("{}: {}; expected the database of `reprise sweep`", (folder / "sweep.db").string(), error.what()));
  }
}

}  // namespace reprise
