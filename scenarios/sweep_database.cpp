#include "scenarios/sweep_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "support/error.h"
#include "support/version.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTables = R"(
CREATE TABLE sweep(key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE points(id INTEGER PRIMARY KEY, state TEXT, error TEXT, seed INTEGER, version TEXT, configuration TEXT);
CREATE TABLE axes(position INTEGER PRIMARY KEY, key TEXT UNIQUE);
CREATE TABLE settings(point INTEGER, key TEXT, value TEXT, PRIMARY KEY(point, key));
CREATE TABLE metrics(point INTEGER, name TEXT, value REAL, PRIMARY KEY(point, name));
CREATE TABLE metric_names(name TEXT PRIMARY KEY, unit TEXT, meaning TEXT);
CREATE TABLE layers(point INTEGER, position INTEGER, name TEXT, metric TEXT, value REAL,
                    PRIMARY KEY(point, position, metric));
CREATE TABLE effort(point INTEGER PRIMARY KEY, seconds REAL, memory_mib REAL);
)";

PointState state_named(const std::string& name) {
  return name == "done" ? PointState::done : name == "failed" ? PointState::failed : PointState::pending;
}

}  // namespace

fs::path SweepDatabase::file_in(const fs::path& folder) {
  return folder / "sweep.db";
}

SweepDatabase::SweepDatabase(const fs::path& folder)
    : is_new_(false), database_(file_in(folder), sqlite::Database::Mode::write) {
  is_new_ = database_.rows("SELECT 1 FROM sqlite_master WHERE name = 'sweep'").empty();
}

void SweepDatabase::describe(const SweepSpace& space, const std::string& file_text) {
  database_.transaction([&] {
    database_.script(kTables);
    const std::vector<std::pair<std::string, std::string>> head{{"name", space.config().name},
                                                                {"version", kVersionText},
                                                                {"schema_version", std::to_string(kSweepSchema)},
                                                                {"sweep_file", file_text}};
    for (const auto& [key, value] : head) database_.run("INSERT INTO sweep VALUES(?, ?)", {key, value});
    std::int64_t position = 0;
    for (const std::string& key : space.keys()) database_.run("INSERT INTO axes VALUES(?, ?)", {position++, key});
    for (const RunMetric& metric : all_metrics()) {
      database_.run("INSERT INTO metric_names VALUES(?, ?, ?)", {metric.name, metric.unit, metric.meaning});
    }
  });
  is_new_ = false;
}

void SweepDatabase::check_description(const SweepSpace& space) const {
  const auto schema = database_.rows("SELECT value FROM sweep WHERE key = 'schema_version'");
  if (schema.empty() || sqlite::text_of(schema[0][0]) != std::to_string(kSweepSchema)) {
    throw InputError("sweep.db was written by another version of the program; expected a new folder");
  }
  std::vector<std::string> keys;
  for (const sqlite::Row& row : database_.rows("SELECT key FROM axes ORDER BY position")) {
    keys.push_back(sqlite::text_of(row[0]).value_or(""));
  }
  if (keys != space.keys()) {
    throw InputError(fmt::format("the folder holds a sweep over {}, not over {}; expected a new folder",
                                 fmt::join(keys, ", "), fmt::join(space.keys(), ", ")));
  }
}

void SweepDatabase::add(const std::vector<SweepPoint>& points) {
  database_.transaction([&] {
    auto number = static_cast<std::int64_t>(size());
    for (const SweepPoint& point : points) {
      ++number;
      const sqlite::Value seed =
          point.seed ? sqlite::Value(static_cast<std::int64_t>(*point.seed)) : sqlite::Value(nullptr);
      database_.run("INSERT INTO points VALUES(?, 'pending', NULL, ?, ?, ?)",
                    {number, seed, kVersionText, point.configuration});
      for (const auto& [key, value] : point.settings) {
        database_.run("INSERT INTO settings VALUES(?, ?, ?)", {number, key, value});
      }
    }
  });
}

std::size_t SweepDatabase::size() const {
  return static_cast<std::size_t>(std::get<std::int64_t>(database_.rows("SELECT count(*) FROM points")[0][0]));
}

std::vector<PointState> SweepDatabase::states() const {
  std::vector<PointState> states;
  for (const sqlite::Row& row : database_.rows("SELECT state FROM points ORDER BY id")) {
    states.push_back(state_named(sqlite::text_of(row[0]).value_or("")));
  }
  return states;
}

std::string SweepDatabase::configuration(std::int64_t point) const {
  return std::get<std::string>(database_.rows("SELECT configuration FROM points WHERE id = ?", {point}).at(0)[0]);
}

std::map<std::string, std::int64_t> SweepDatabase::numbers() const {
  std::map<std::string, std::int64_t> numbers;
  for (const sqlite::Row& row : database_.rows("SELECT configuration, id FROM points ORDER BY id")) {
    numbers.emplace(std::get<std::string>(row[0]), std::get<std::int64_t>(row[1]));
  }
  return numbers;
}

std::map<std::string, std::string> SweepDatabase::settings(std::int64_t point) const {
  std::map<std::string, std::string> settings;
  for (const sqlite::Row& row : database_.rows("SELECT key, value FROM settings WHERE point = ?", {point})) {
    settings[std::get<std::string>(row[0])] = std::get<std::string>(row[1]);
  }
  return settings;
}

std::optional<std::map<std::string, double>> SweepDatabase::metrics(std::int64_t point) const {
  if (database_.rows("SELECT 1 FROM points WHERE id = ? AND state = 'done'", {point}).empty()) return std::nullopt;
  std::map<std::string, double> metrics;
  for (const sqlite::Row& row : database_.rows("SELECT name, value FROM metrics WHERE point = ?", {point})) {
    metrics[std::get<std::string>(row[0])] = std::get<double>(row[1]);
  }
  return metrics;
}

void SweepDatabase::note(const std::string& key, const std::string& value) {
  database_.run("INSERT OR REPLACE INTO sweep VALUES(?, ?)", {key, value});
}

void SweepDatabase::finish(std::int64_t point, const PointResult& result) {
  database_.transaction([&] {
    const bool done = result.error.empty();
    database_.run("UPDATE points SET state = ?, error = ? WHERE id = ?",
                  {done ? "done" : "failed", done ? sqlite::Value(nullptr) : sqlite::Value(result.error), point});
    for (const MetricValue& metric : result.metrics) {
      database_.run("INSERT INTO metrics VALUES(?, ?, ?)", {point, metric.name, metric.value});
    }
    for (const LayerValue& layer : result.layers) {
      database_.run("INSERT INTO layers VALUES(?, ?, ?, ?, ?)",
                    {point, std::int64_t{layer.position}, layer.layer, layer.metric, layer.value});
    }
    database_.run("INSERT OR REPLACE INTO effort VALUES(?, ?, ?)", {point, result.seconds, result.memory_mib});
  });
}

void SweepDatabase::forget_failures() {
  database_.run("UPDATE points SET state = 'pending', error = NULL WHERE state = 'failed'");
}

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path file = folder / "lock";
  file_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) throw InputError(file.string() + ": cannot be written");
  if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  close(file_);
  throw InputError(folder.string() + ": another sweep is at work in this folder; expected to wait for its end");
}

FolderLock::~FolderLock() {
  close(file_);
}

}  // namespace reprise
