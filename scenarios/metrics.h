#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace reprise {

/// A figure of a run.
struct RunMetric {
  std::string name;
  std::string unit;
  std::string meaning;
};

struct MetricValue {
  std::string name;
  double value = 0.0;
};

struct LayerValue {
  int position = 0;
  std::string layer;
  std::string metric;
  double value = 0.0;
};

/// All metrics, those of runs first, then those of layers that runs do not have.
const std::vector<RunMetric>& all_metrics();

/// From results.json; those that a run does not have are left out.
std::vector<MetricValue> metrics_of(const nlohmann::ordered_json& results);
std::vector<LayerValue> layer_metrics_of(const nlohmann::ordered_json& results);

}  // namespace reprise
