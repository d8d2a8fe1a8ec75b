#include "scenarios/metrics.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;
using Value = std::optional<double>;

struct Definition {
  RunMetric metric;
  std::function<Value(const Json& object, double images)> value;  ///< of a run, or of one of its layers
};

Value number_at(const Json& object, const char* pointer) {
  const Json::json_pointer place(pointer);
  if (!object.contains(place) || !object.at(place).is_number()) return std::nullopt;
  return object.at(place).get<double>();
}

Definition plain(const char* name, const char* unit, const char* meaning, const char* pointer) {
  return {{name, unit, meaning}, [pointer](const Json& object, double) { return number_at(object, pointer); }};
}

Definition per_image(const char* name, const char* unit, const char* meaning, const char* pointer) {
  return {{name, unit, meaning}, [pointer](const Json& object, double images) -> Value {
            const Value sum = number_at(object, pointer);
            return sum ? Value(*sum / images) : std::nullopt;
          }};
}

Definition table_and_index_bits() {
  return {{"table_and_index_bits", "bits", "mapping tables and indices"}, [](const Json& object, double) -> Value {
            const Value tables = number_at(object, "/storage/table_bits");
            const Value indices = number_at(object, "/storage/index_bits");
            return tables && indices ? Value(*tables + *indices) : std::nullopt;
          }};
}

const std::vector<Definition>& of_runs() {
  static const std::vector<Definition> definitions{
      plain("images", "images", "simulated", "/images"),
      plain("accuracy", "share", "top-1 of the simulated outputs", "/accuracy/simulated"),
      plain("accuracy_reference", "share", "top-1 of the compressed network in the integer reference",
            "/accuracy/reference_8_bit"),
      plain("accuracy_float", "share", "top-1 of the trained network in floating point", "/accuracy/float"),
      plain("cycles", "cycles/image", "from an image's start to its result, on average", "/cycles_per_image/mean"),
      plain("time_us", "us/image", "the same as time", "/cycles_per_image/mean_time_us"),
      plain("images_per_second", "images/s", "throughput", "/throughput/images_per_second"),
      per_image("energy_pj", "pJ/image", "energy of the accelerator", "/energy_pj/total"),
      per_image("energy_dynamic_pj", "pJ/image", "of its events", "/energy_pj/dynamic"),
      per_image("energy_static_pj", "pJ/image", "of standing by", "/energy_pj/static"),
      per_image("energy_ppsim_pj", "pJ/image", "energy with the converters' law ppsim",
                "/energy_pj/total_by_adc_law/ppsim"),
      per_image("energy_saberi_pj", "pJ/image", "energy with the converters' law saberi",
                "/energy_pj/total_by_adc_law/saberi"),
      per_image("energy_adc_pj", "pJ/image", "of conversions", "/energy_pj/by_component/adc.convert"),
      per_image("activations", "1/image", "operation units activated", "/work/activations"),
      per_image("activations_dropped", "1/image", "operation units dropped, all their inputs being zero",
                "/work/activations_dropped"),
      per_image("conversions", "1/image", "conversions", "/events/adc.convert"),
      per_image("multiply_accumulates", "1/image", "multiply-accumulates of what is stored",
                "/work/multiply_accumulates"),
      plain("cells", "cells", "cells stored, of one copy of each layer", "/storage/cells"),
      table_and_index_bits(),
      plain("crossbars", "crossbars", "in use, copies of layers included", "/storage/crossbars"),
      plain("engines", "engines", "processing engines in use", "/storage/engines"),
      plain("tiles", "tiles", "in use", "/storage/tiles"),
      plain("area_mm2", "mm2", "of all that is in use", "/area_mm2_in_use/total"),
  };
  return definitions;
}

const std::vector<Definition>& of_layers() {
  static const std::vector<Definition> definitions{
      per_image("windows", "1/image", "windows of a layer", "/windows"),
      per_image("cycles_busy", "cycles/image", "in which a layer works", "/cycles_busy"),
      per_image("cycles_waiting_for_input", "cycles/image", "in which a layer waits for its inputs",
                "/cycles_waiting_for_input"),
      per_image("cycles_waiting_for_credit", "cycles/image", "in which a layer waits for place behind it",
                "/cycles_waiting_for_credit"),
      per_image("energy_pj", "pJ/image", "", "/energy_pj"),
      per_image("activations", "1/image", "", "/activations"),
      per_image("activations_dropped", "1/image", "", "/activations_dropped"),
      per_image("conversions", "1/image", "", "/events/adc.convert"),
      per_image("multiply_accumulates", "1/image", "", "/work/multiply_accumulates"),
      plain("cells", "cells", "", "/storage/cells"),
      table_and_index_bits(),
      plain("crossbars", "crossbars", "", "/storage/crossbars"),
      plain("engines", "engines", "", "/storage/engines"),
  };
  return definitions;
}

double images_of(const Json& results) {
  return std::max(1.0, results.at("images").get<double>());
}

}  // namespace

const std::vector<RunMetric>& all_metrics() {
  static const std::vector<RunMetric> metrics = [] {
    std::vector<RunMetric> all;
    for (const auto* definitions : {&of_runs(), &of_layers()}) {
      for (const Definition& definition : *definitions) {
        const bool known = std::any_of(all.begin(), all.end(),
                                       [&](const RunMetric& metric) { return metric.name == definition.metric.name; });
        if (!known) all.push_back(definition.metric);
      }
    }
    return all;
  }();
  return metrics;
}

std::vector<MetricValue> metrics_of(const Json& results) {
  std::vector<MetricValue> values;
  for (const Definition& definition : of_runs()) {
    const Value value = definition.value(results, images_of(results));
    if (value) values.push_back({definition.metric.name, *value});
  }
  return values;
}

std::vector<LayerValue> layer_metrics_of(const Json& results) {
  std::vector<LayerValue> values;
  int position = 0;
  for (const Json& layer : results.at("layers")) {
    for (const Definition& definition : of_layers()) {
      const Value value = definition.value(layer, images_of(results));
      if (value) values.push_back({position, layer.at("name").get<std::string>(), definition.metric.name, *value});
    }
    ++position;
  }
  return values;
}

}  // namespace reprise
