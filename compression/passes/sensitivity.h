#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compression/network/graph.h"
#include "compression/passes/compression_config.h"
#include "compression/passes/given_structure.h"
#include "compression/passes/output_distance.h"
#include "compression/passes/weight_strength.h"

namespace reprise {

/// One way to treat one layer, and what it does to the network if nothing else is changed.
struct LayerOption {
  std::string label;                  ///< such as "kept 0.5" or "planes 4, quiet 0.2"
  WeightStrength weights;             ///< of options for weights
  std::optional<InputFilter> filter;  ///< of options for activations
  HardwareCost cost;
  Distance distance;            ///< measured on images
  double relative_error = 0.0;  ///< second order: the layer's output error, as a share of its mean square
  double forecast = 0.0;        ///< of the divergence: what is measured on few images, smoothed by the second order
};

/// One convolution. The first option of each kind is to do nothing.
struct LayerSensitivity {
  int node = 0;
  std::string name;
  std::vector<LayerOption> weights;
  std::vector<LayerOption> activations;
};

/// What the compression works on, beside the network.
struct CompressionTask {
  const Graph& graph;
  const std::vector<std::vector<float>>& images;  ///< preprocessed calibration images
  /// On which the network's outputs are compared; not among those above if it can be helped: what is fitted to images
  /// looks better on them than it is.
  const std::vector<std::vector<float>>& sensitivity_images;
  std::vector<Quantisation> input_quantisation;  ///< by node, of its first input
  UnitShape unit;
  GivenStructures given;

  const GivenStructure* given_for(int node) const {
    const auto found = given.find(node);
    return found == given.end() ? nullptr : &found->second;
  }
};

/// Compresses each layer alone in every way and measures the network's outputs.
std::vector<LayerSensitivity> analyse_sensitivity(const CompressionTask& task, const CompressionConfig& config);

/// What can be done to each layer, nothing of it measured.
std::vector<LayerSensitivity> list_options(const CompressionTask& task, const CompressionConfig& config);

/// Which option each layer takes, by index.
struct LayerChoice {
  std::size_t weights = 0;
  std::size_t activations = 0;
};

/// For all layers together the cheapest options whose divergences add up to at most `divergence` (the sum is a
/// forecast: layers are measured one at a time). Cost is storage (cells, tables, indices) and activations, each as a
/// share of the 8-bit dense network. Divergences of input filters count `filter_weight` times: more than once where the
/// network is trained later, which brings back what weights have lost but hardly what filters keep out.
std::vector<LayerChoice> choose_options(const std::vector<LayerSensitivity>& layers, double divergence,
                                        double filter_weight = 1.0);

/// The last option of all.
std::vector<LayerChoice> last_options(const std::vector<LayerSensitivity>& layers);

/// A table with a line for each layer and option, for plots: CSV with a header.
std::string sensitivity_csv(const std::vector<LayerSensitivity>& layers);

/// The fixed part of how the weights of a node are compressed. Refers to the task.
struct WeightCompressionOptions;
WeightCompressionOptions weight_options(const CompressionTask& task, const CompressionConfig& config, int node);

}  // namespace reprise
