#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/metrics.h"
#include "scenarios/sqlite.h"
#include "scenarios/sweep_points.h"

namespace reprise {

constexpr int kSweepSchema = 1;

/// Results of one point, or why there are none.
struct PointResult {
  std::string error;  ///< empty: it is done
  std::vector<MetricValue> metrics;
  std::vector<LayerValue> layers;
  double seconds = 0.0;  ///< of its simulation
  double memory_mib = 0.0;
};

enum class PointState { pending, done, failed };

/// sweep.db of a folder; docs/sweeps.md has its tables. One process writes: the sweep. Points are added and finished in
/// transactions, so that whatever ends the process leaves whole points.
class SweepDatabase {
 public:
  /// Opens the database of a folder to write. A new one is made where there is none.
  explicit SweepDatabase(const std::filesystem::path& folder);

  static std::filesystem::path file_in(const std::filesystem::path& folder);

  bool is_new() const { return is_new_; }

  /// Writes the head of a new database.
  void describe(const SweepSpace& space, const std::string& file_text);
  /// @throws InputError where the head says something else
  void check_description(const SweepSpace& space) const;

  /// Adds points, numbered on; all of them or none.
  void add(const std::vector<SweepPoint>& points);
  std::size_t size() const;
  /// Of all points in order, from 1.
  std::vector<PointState> states() const;
  std::string configuration(std::int64_t point) const;
  /// Numbers by configuration.
  std::map<std::string, std::int64_t> numbers() const;
  std::map<std::string, std::string> settings(std::int64_t point) const;
  /// Metrics of a point that is done; nothing of another.
  std::optional<std::map<std::string, double>> metrics(std::int64_t point) const;

  /// Writes a line of the head, in place of a former one.
  void note(const std::string& key, const std::string& value);

  void finish(std::int64_t point, const PointResult& result);
  /// Points that failed become pending.
  void forget_failures();

 private:
  bool is_new_;
  sqlite::Database database_;
};

/// One sweep at a time in a folder: held while it lives, given back by the system whatever ends the process.
class FolderLock {
 public:
  /// @throws InputError where another process holds it
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace reprise
