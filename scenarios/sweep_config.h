#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/config.h"

namespace reprise {

enum class RangeScale { linear, logarithmic };

/// The numbers from one to another, both included.
struct RangeConfig {
  double from = 0.0;
  double to = 0.0;
  std::optional<double> step;  ///< of a linear range
  std::optional<int> points;   ///< in place of step
  RangeScale scale = RangeScale::linear;
};

/// Keys whose values change together.
struct AxisConfig {
  std::optional<std::string> key;
  std::vector<std::string> keys;  ///< in place of key; then each value is a list, an item a key
  config::Node values;            ///< a list
  std::optional<RangeConfig> range;
};

enum class SampleMethod { grid, random, latin_hypercube };

struct SampleConfig {
  SampleMethod method = SampleMethod::grid;
  int points = 100;  ///< but of a grid
  std::uint64_t seed = 1;
};

enum class Goal { minimise, maximise };

/// What a configuration must reach.
struct RequirementConfig {
  std::string metric;
  std::optional<double> at_least;
  std::optional<double> at_most;
};

/// What `reprise optimise` looks for.
struct SearchConfig {
  std::string metric;  ///< a formula over metrics
  Goal goal = Goal::minimise;
  std::vector<RequirementConfig> require;
  int restarts = 3;
  int points = 100;  ///< that are simulated at most
  std::uint64_t seed = 1;
};

/// `reprise sweep` and `reprise optimise`.
struct SweepConfig {
  std::string name;
  std::string scenario;   ///< a file
  config::Node settings;  ///< laid over it
  std::vector<AxisConfig> axes;
  SampleConfig sample;
  std::vector<std::string> constraints;  ///< formulas over keys
  std::optional<SearchConfig> search;
};

const config::Table<SweepConfig>& sweep_table();

}  // namespace reprise
