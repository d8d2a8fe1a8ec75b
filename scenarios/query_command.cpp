#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "scenarios/commands.h"
#include "scenarios/expression.h"
#include "scenarios/sweep_database.h"
#include "scenarios/text_table.h"
#include "support/error.h"

namespace reprise {
namespace {

struct Options {
  std::string folder;
  std::optional<std::string> where;
  std::vector<std::string> columns;
  std::vector<std::string> sort;
  bool csv = false;
  bool json = false;
};

using Row = std::map<std::string, sqlite::Value>;  ///< by column; what a point does not have is missing

/// All points of a database with all that is known of them.
class PointTable {
 public:
  explicit PointTable(const std::string& folder)
      : database_(SweepDatabase::file_in(folder), sqlite::Database::Mode::read) {
    for (const auto& row : database_.rows("SELECT key FROM axes ORDER BY position")) {
      axes_.push_back(std::get<std::string>(row[0]));
    }
    for (const auto& row : database_.rows("SELECT name FROM metric_names ORDER BY rowid")) {
      metrics_.push_back(std::get<std::string>(row[0]));
    }
    read("SELECT id, 'point', id FROM points");
    for (const char* column : {"state", "error", "seed", "version"}) {
      read(fmt::format("SELECT id, '{0}', {0} FROM points WHERE {0} IS NOT NULL", column));
    }
    read("SELECT point, key, value FROM settings");
    read("SELECT point, name, value FROM metrics");
    for (const char* column : {"seconds", "memory_mib"}) {
      read(fmt::format("SELECT point, '{0}', {0} FROM effort", column));
    }
  }

  std::vector<Row> rows() const {
    std::vector<Row> rows;
    for (const auto& [point, row] : rows_) rows.push_back(row);
    return rows;
  }

  Vocabulary vocabulary() const {
    Vocabulary vocabulary{{"point", "state", "seed", "seconds", "memory_mib"}, {"pending", "done", "failed"}};
    vocabulary.names.insert(axes_.begin(), axes_.end());
    vocabulary.names.insert(metrics_.begin(), metrics_.end());
    for (const auto& [point, row] : rows_) {
      for (const std::string& key : axes_) {
        const auto value = row.find(key);
        if (value != row.end()) vocabulary.words.insert(sqlite::text_of(value->second).value_or(""));
      }
    }
    return vocabulary;
  }

  /// @throws InputError for one that does not exist
  void check_column(const std::string& option, const std::string& name) const {
    const Vocabulary known = vocabulary();
    if (known.names.count(name) != 0 || name == "error" || name == "version") return;
    const std::vector<std::string> names(known.names.begin(), known.names.end());
    throw InputError(fmt::format("{}: {}: unknown column; {}", option, name, config::detail::suggest(name, names)));
  }

  std::vector<std::string> usual_columns() const {
    std::vector<std::string> columns{"point", "state"};
    columns.insert(columns.end(), axes_.begin(), axes_.end());
    for (const char* metric : {"accuracy", "cycles", "energy_pj", "cells", "area_mm2"}) columns.emplace_back(metric);
    return columns;
  }

 private:
  /// Rows of point, column and value.
  void read(const std::string& sql) {
    for (const auto& row : database_.rows(sql)) {
      rows_[std::get<std::int64_t>(row[0])][std::get<std::string>(row[1])] = row[2];
    }
  }

  sqlite::Database database_;
  std::vector<std::string> axes_;
  std::vector<std::string> metrics_;
  std::map<std::int64_t, Row> rows_;
};

std::optional<std::string> text_in(const Row& row, const std::string& column) {
  const auto found = row.find(column);
  return found == row.end() ? std::nullopt : sqlite::text_of(found->second);
}

void keep_where(const std::string& condition, const Vocabulary& vocabulary, std::vector<Row>& rows) {
  const Expression expression(condition, "--where: ", vocabulary);
  rows.erase(std::remove_if(rows.begin(), rows.end(),
                            [&](const Row& row) {
                              const auto value =
                                  expression.evaluate([&](const std::string& name) { return text_in(row, name); });
                              return !value || *value == 0.0;
                            }),
             rows.end());
}

/// Numbers by value, before texts; what is missing comes last, whatever the direction.
struct SortKey {
  int kind = 2;
  double number = 0.0;
  std::string text;

  explicit SortKey(const std::optional<std::string>& value) {
    if (!value) return;
    text = *value;
    char* end = nullptr;
    number = std::strtod(text.c_str(), &end);
    kind = !text.empty() && *end == '\0' ? 0 : 1;
    if (kind == 1) number = 0.0;
  }
};

void sort_by(const std::string& column, bool descending, std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& left, const Row& right) {
    const SortKey a(text_in(left, column));
    const SortKey b(text_in(right, column));
    if (a.kind != b.kind) return a.kind < b.kind;
    const auto less = [](const SortKey& x, const SortKey& y) {
      return x.kind == 0 ? x.number < y.number : x.text < y.text;
    };
    return a.kind != 2 && (descending ? less(b, a) : less(a, b));
  });
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string csv_of(const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  std::string text = fmt::format("{}\n", fmt::join(columns, ","));
  for (const Row& row : rows) {
    std::string line;
    for (const std::string& column : columns) {
      if (&column != &columns.front()) line += ',';
      line += csv_cell(text_in(row, column).value_or(""));
    }
    text += line + "\n";
  }
  return text;
}

std::string json_of(const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (const std::string& column : columns) {
      const auto found = row.find(column);
      if (found == row.end()) {
        object[column] = nullptr;
      } else {
        std::visit([&](const auto& value) { object[column] = value; }, found->second);
      }
    }
    json.push_back(std::move(object));
  }
  return json.dump(2) + "\n";
}

std::string table_of(const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  TextTable table(columns);
  for (const Row& row : rows) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      const auto found = row.find(column);
      const bool number = found != row.end() && std::holds_alternative<double>(found->second);
      cells.push_back(number ? fmt::format("{:.6g}", std::get<double>(found->second))
                             : text_in(row, column).value_or("-"));
    }
    table.add(std::move(cells));
  }
  return table.str();
}

void query(const Options& options) {
  if (options.csv && options.json) throw InputError("query: --csv and --json: expected one of them");
  if (!std::filesystem::exists(SweepDatabase::file_in(options.folder))) {
    throw InputError(options.folder + ": has no sweep.db; expected the folder of a sweep");
  }
  const PointTable table(options.folder);
  std::vector<Row> rows = table.rows();
  if (options.where) keep_where(*options.where, table.vocabulary(), rows);
  for (auto key = options.sort.rbegin(); key != options.sort.rend(); ++key) {
    const std::size_t colon = key->rfind(':');
    const std::string direction = colon == std::string::npos ? "asc" : key->substr(colon + 1);
    if (direction != "asc" && direction != "desc") {
      throw InputError(fmt::format("--sort: {}: expected asc or desc after the colon", *key));
    }
    table.check_column("--sort", key->substr(0, colon));
    sort_by(key->substr(0, colon), direction == "desc", rows);
  }
  for (const std::string& column : options.columns) table.check_column("--columns", column);
  const std::vector<std::string> columns = options.columns.empty() ? table.usual_columns() : options.columns;
  std::cout << (options.csv ? csv_of : options.json ? json_of : table_of)(columns, rows);
}

}  // namespace

void add_query_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("query", "Show points of a sweep as a table");
  command->add_option("folder", options->folder, "Folder of a sweep, also of one at work")
      ->required()
      ->type_name("DIR");
  command->add_option("--where", options->where, "Only points for which a formula holds")->type_name("FORMULA");
  command->add_option("--columns", options->columns, "Keys, metrics, point, state, error, seed, seconds, memory_mib")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  command->add_option("--sort", options->sort, "By a column, upwards, or downwards with :desc after it")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME[:desc],...");
  command->add_flag("--csv", options->csv, "As CSV");
  command->add_flag("--json", options->json, "As JSON");
  command->footer("Example: reprise query sweep --where 'accuracy > 0.88 && mapping.engine == wpr' --sort energy_pj");
  command->callback([options] { query(*options); });
}

}  // namespace reprise
