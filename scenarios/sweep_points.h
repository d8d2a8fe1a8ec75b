#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/experiment.h"
#include "scenarios/expression.h"
#include "scenarios/sweep_config.h"

namespace reprise {

/// One experiment of a sweep.
struct SweepPoint {
  std::vector<std::pair<std::string, std::string>> settings;  ///< key of an axis and its value as YAML
  Experiment experiment;
  std::string configuration;  ///< effective, YAML
  std::optional<std::uint64_t> seed;
};

/// The points that a sweep file describes, and single ones of its grid.
class SweepSpace {
 public:
  /// A point as the number of a value on each axis.
  using Choice = std::vector<std::size_t>;

  /// @param settings  of the command line, under those of the axes. @throws InputError
  SweepSpace(const std::string& file, const std::vector<std::string>& settings);

  const SweepConfig& config() const { return config_; }
  const std::string& file() const { return file_; }
  const std::vector<std::string>& keys() const { return keys_; }  ///< of all axes, in order

  /// All points that are to be taken, without those that a constraint excludes. @throws InputError
  std::vector<SweepPoint> points() const;

  /// Values on each axis; ranges must say how many. @throws InputError
  std::vector<std::size_t> grid() const;
  /// A point of the grid, or nothing where a constraint excludes it. @throws InputError
  std::optional<SweepPoint> at(const Choice& choice) const;

 private:
  struct Axis {
    std::vector<std::string> keys;
    std::vector<std::vector<config::Node>> values;  ///< [value][key]; empty: the range
    std::optional<RangeConfig> range;
    bool integer = false;  ///< of a range: the key takes integers only
    std::string place;     ///< for messages
  };
  using Values = std::vector<std::vector<config::Node>>;  ///< [axis][key]

  static Axis axis_of(const AxisConfig& config, const std::string& place);
  std::optional<SweepPoint> point(const Values& values) const;
  bool is_allowed(const SweepPoint& point) const;
  std::vector<SweepPoint> grid_points() const;
  std::vector<SweepPoint> drawn_points() const;

  std::string file_;
  SweepConfig config_;
  config::Node scenario_;
  std::vector<Axis> axes_;
  std::vector<std::string> keys_;
  std::vector<Expression> constraints_;
};

/// An evenly spread number below 2^53 that depends on these three alone.
std::uint64_t draw(std::uint64_t seed, std::uint64_t stream, std::uint64_t number);

}  // namespace reprise
