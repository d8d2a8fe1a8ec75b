#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scenarios/compression_job.h"
#include "scenarios/own_program.h"
#include "scenarios/sweep_database.h"

namespace reprise {

/// Runs calls of this program somewhere, and tells of each that has ended.
using Executor =
    std::function<void(const std::vector<OwnTask>& tasks, const std::function<void(std::size_t, const TaskOutcome&)>&)>;

/// On this computer, so many at a time.
Executor local_executor(int jobs);

/// Simulates points of a sweep in its folder: images/ has the weight images, made once for all points that share one,
/// points/000001/ the configuration, results and log of a point. What comes out goes to the database.
class SweepRunner {
 public:
  using Points = std::map<std::int64_t, SweepPoint>;  ///< by number

  /// @param folder  absolute
  SweepRunner(std::filesystem::path folder, SweepDatabase& database, Executor executor);

  /// @throws Interrupted; what has ended by then is in the database
  void run(const Points& points);

 private:
  struct Image {
    CompressionJob job;
    std::string identity;
    std::string error;  ///< why there is none
  };

  void find_images(const Points& points);
  void make_images();
  void simulate(const Points& points);
  std::filesystem::path folder_of(std::int64_t point) const;
  OwnTask task_of(std::int64_t number, const SweepPoint& point) const;
  PointResult result_of(std::int64_t number, const TaskOutcome& outcome) const;
  std::string error_of(const TaskOutcome& outcome, const std::filesystem::path& log) const;

  const std::filesystem::path folder_;
  SweepDatabase& database_;
  const Executor executor_;
  std::map<std::string, Image> images_;           ///< by name: a hash
  std::map<std::int64_t, std::string> image_of_;  ///< name, by point with a network
};

}  // namespace reprise
