#include "compression/passes/quantise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>
#include <utility>

#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/layer_builder.h"
#include "compression/passes/layer_plan.h"
#include "compression/passes/parallel.h"
#include "support/error.h"

namespace reprise {
namespace {

using Images = std::vector<std::vector<float>>;

/// Position of a tensor where the network's input comes first.
std::size_t index(int tensor) {
  return static_cast<std::size_t>(tensor) + 1;
}

void require_finite(const std::vector<float>& values, const std::string& what) {
  if (std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) return;
  throw InputError(fmt::format("calibration: {} has values that are not finite", what));
}

/// The values of every tensor that owns its range, over the first images.
std::vector<ObservedValues> observe(const Graph& graph, const LayerPlan& plan, const Images& images,
                                    const QuantiseConfig& config) {
  if (images.empty()) throw InputError("calibration: no images; expected at least 1");
  const FloatExecutor executor(graph);
  const auto count = std::min(images.size(), static_cast<std::size_t>(config.calibration_images));
  std::vector<ObservedValues> observed(graph.nodes.size() + 1);
  std::vector<std::mutex> busy(observed.size());
  // Extremes and counts do not depend on the order of the images.
  const auto pass = [&](void (ObservedValues::*see)(const std::vector<float>&)) {
    const auto take = [&](std::size_t tensor, const std::vector<float>& values) {
      const std::lock_guard<std::mutex> lock(busy[tensor]);
      (observed[tensor].*see)(values);
    };
    in_parallel(count, [&](std::size_t image) {
      thread_local Images outputs;
      executor.run(images[image], outputs);
      require_finite(images[image], fmt::format("image {}", image));
      take(0, images[image]);
      for (std::size_t node = 0; node < outputs.size(); ++node) {
        if (!plan.owns_range(static_cast<int>(node))) continue;
        require_finite(outputs[node], fmt::format("the output of node {}", graph.nodes[node].name));
        take(node + 1, outputs[node]);
      }
    });
  };
  pass(&ObservedValues::extend);
  if (config.activation_range != RangeMethod::min_max) pass(&ObservedValues::count);
  return observed;
}

Range choose_range(const ObservedValues& values, const QuantiseConfig& config) {
  switch (config.activation_range) {
    case RangeMethod::percentile:
      return values.percentile(config.percentile);
    case RangeMethod::mean_square_error:
      return values.least_square_error();
    default:
      return values.min_max();
  }
}

std::vector<Quantisation> calibrate(const Graph& graph, const LayerPlan& plan, const Images& images,
                                    const QuantiseConfig& config) {
  const std::vector<ObservedValues> observed = observe(graph, plan, images, config);
  const int nodes = static_cast<int>(graph.nodes.size());
  std::vector<Range> ranges(observed.size());
  for (int tensor = kNetworkInput; tensor < nodes; ++tensor) {
    if (plan.owns_range(tensor)) ranges[index(tensor)] = choose_range(observed[index(tensor)], config);
  }
  for (const int tensor : {kNetworkInput, plan.range_owner(nodes - 1)}) {
    ranges[index(tensor)] = observed[index(tensor)].min_max();
  }
  std::vector<Quantisation> quantisations;
  for (int tensor = kNetworkInput; tensor < nodes; ++tensor) {
    quantisations.push_back(quantisation_for(ranges[index(plan.range_owner(tensor))]));
  }
  return quantisations;
}

const CompressedLayer* find_layer(const std::vector<CompressedLayer>& layers, int node) {
  const auto found =
      std::find_if(layers.begin(), layers.end(), [&](const CompressedLayer& l) { return l.node == node; });
  return found == layers.end() ? nullptr : &*found;
}

}  // namespace

const config::Table<QuantiseConfig>& quantise_table() {
  static const auto table =
      config::Table<QuantiseConfig>("How the trained network becomes 8-bit integers")
          .choice("activation_range", &QuantiseConfig::activation_range,
                  {{"min_max", RangeMethod::min_max},
                   {"percentile", RangeMethod::percentile},
                   {"mean_square_error", RangeMethod::mean_square_error}},
                  "which part of the activations seen in calibration the 256 values cover")
          .number("percentile", &QuantiseConfig::percentile, 50.0, 100.0,
                  "of `activation_range: percentile`: percent of the values above the low end, and below the high end")
          .unit("%")
          .choice("weight_range", &QuantiseConfig::weight_range,
                  {{"min_max", RangeMethod::min_max}, {"mean_square_error", RangeMethod::mean_square_error}},
                  "which part of an output channel's weights the 255 values cover")
          .number("calibration_images", &QuantiseConfig::calibration_images, 1, 100000,
                  "images that the ranges are taken from, at most")
          .unit("images");
  return table;
}

QuantisedNetwork quantise(const Graph& graph, const Preprocessing& preprocessing, const Images& calibration,
                          const QuantiseConfig& config, const std::vector<CompressedLayer>& compressed) {
  const LayerPlan plan(graph);
  const std::vector<Quantisation> quantisations = calibrate(graph, plan, calibration, config);
  QuantisedNetwork network;
  NetworkDescription& description = network.description;
  description.name = graph.name;
  description.input_shape = graph.input_shape;
  description.input_quantisation = quantisations.front();
  description.preprocessing = preprocessing;
  if (preprocessing.mean.empty()) description.preprocessing.mean = {0.0};
  if (preprocessing.standard_deviation.empty()) description.preprocessing.standard_deviation = {1.0};
  std::vector<int> layer_of(quantisations.size(), kNetworkInput);
  for (int node = 0; node < static_cast<int>(graph.nodes.size()); ++node) {
    if (plan.is_fused(node)) continue;
    const int head = plan.head(node);
    const Node& first = graph.nodes[static_cast<std::size_t>(head)];
    const Node& last = graph.nodes[static_cast<std::size_t>(node)];
    Layer layer;
    layer.name = first.name;
    layer.shape = last.shape;
    layer.quantisation = quantisations[index(node)];
    std::vector<Quantisation> inputs;
    for (const int input : first.inputs) {
      layer.inputs.push_back(layer_of[index(input)]);
      inputs.push_back(quantisations[index(input)]);
    }
    const FloatOperation* activation = head == node ? nullptr : &last.operation;
    const CompressedLayer* decided = find_layer(compressed, head);
    try {
      QuantisedLayer built = build_layer(first.operation, activation, inputs, config.weight_range,
                                         decided != nullptr ? &decided->steps : nullptr, std::move(layer));
      description.layers.push_back(std::move(built.layer));
      network.weights.push_back(std::move(built.weights));
      network.shapes.push_back(decided != nullptr ? decided->shapes : std::nullopt);
    } catch (const InputError& error) {
      throw InputError(fmt::format("layer {}: {}", first.name, error.what()));
    }
    layer_of[index(node)] = static_cast<int>(description.layers.size()) - 1;
    check_layer(network, description.layers.size() - 1);
  }
  return network;
}

}  // namespace reprise
