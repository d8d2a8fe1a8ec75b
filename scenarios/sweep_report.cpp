#include "scenarios/sweep_report.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "scenarios/report_page.h"
#include "scenarios/results_folder.h"
#include "support/atomic_file.h"
#include "support/error.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// A database that is only read.
class Database {
 public:
  explicit Database(fs::path file) : file_(std::move(file)) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file_.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
    connection_.reset(opened);
    if (code != SQLITE_OK) fail();
  }

  /// Calls `take` with each row of the answer, a list of numbers, texts and nulls.
  template <class Take>
  void rows(const char* query, Take take) const {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v2(connection_.get(), query, -1, &prepared, nullptr) != SQLITE_OK) fail();
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
      Json row = Json::array();
      for (int column = 0; column < sqlite3_column_count(prepared); ++column) row.push_back(value(prepared, column));
      take(row);
    }
    if (code != SQLITE_DONE) fail();
  }

 private:
  static Json value(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_INTEGER:
        return sqlite3_column_int64(statement, column);
      case SQLITE_FLOAT:
        return sqlite3_column_double(statement, column);
      case SQLITE_TEXT:
        return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                           static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
      default:
        return {};
    }
  }

  [[noreturn]] void fail() const {
    throw InputError(fmt::format("{}: {}; expected the database of `reprise sweep`", file_.string(),
                                 sqlite3_errmsg(connection_.get())));
  }

  const fs::path file_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> connection_{nullptr, sqlite3_close};
};

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
Json sweep_data(const Database& database) {
  Json data{{"sweep", Json::object()}, {"axes", Json::array()}, {"metrics", Json::array()}, {"points", Json::array()}};
  database.rows("SELECT key, value FROM sweep ORDER BY key",
                [&](Json& row) { data["sweep"][row[0].get<std::string>()] = row[1]; });
  database.rows("SELECT key FROM axes ORDER BY position", [&](Json& row) { data["axes"].push_back(row[0]); });
  database.rows("SELECT name, unit, meaning FROM metric_names ORDER BY rowid", [&](Json& row) {
    data["metrics"].push_back({{"name", row[0]}, {"unit", row[1]}, {"meaning", row[2]}});
  });
  Lines lines;
  std::map<std::int64_t, std::size_t> places;
  Json& points = data["points"];
  database.rows("SELECT id, state, error, seed, version, configuration FROM points ORDER BY id", [&](Json& row) {
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
    database.rows(query, [&](Json& row) {
      if (Json* of = point(row[0])) (*of)[part][row[1].get<std::string>()] = row[2];
    });
  };
  fill("SELECT point, key, value FROM settings", "settings");
  fill("SELECT point, name, value FROM metrics", "metrics");
  database.rows("SELECT point, seconds, memory_mib FROM effort", [&](Json& row) {
    if (Json* of = point(row[0])) (*of)["effort"] = {{"seconds", row[1]}, {"memory_mib", row[2]}};
  });
  data["lines"] = lines.all();
  return data;
}

}  // namespace

void write_sweep_report(const fs::path& folder) {
  try {
    Json data = sweep_data(Database(folder / "sweep.db"));
    data["name"] = run_name(folder);
    write_file_atomically(folder / "report.html", report_page(ReportKind::sweep, "Sweep " + run_name(folder), data));
  } catch (const Json::exception& error) {
    throw InputError(
        fmt::format("{}: {}; expected the database of `reprise sweep`", (folder / "sweep.db").string(), error.what()));
  }
}

}  // namespace reprise
