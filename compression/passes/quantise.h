#pragma once

#include <vector>

#include "compression/network/graph.h"
#include "compression/network/quantised_network.h"
#include "compression/passes/activation_range.h"
#include "compression/passes/compressed_layer.h"
#include "support/config.h"

namespace reprise {

/// The YAML section `quantisation`.
struct QuantiseConfig {
  RangeMethod activation_range = RangeMethod::mean_square_error;
  double percentile = 99.99;                        ///< of activation_range: percentile
  RangeMethod weight_range = RangeMethod::min_max;  ///< min_max or mean_square_error
  int calibration_images = 64;
};

const config::Table<QuantiseConfig>& quantise_table();

/// The 8-bit network of a trained one: activations unsigned with one scale a tensor, weights signed and symmetric with
/// one scale an output channel. Activations of a convolution, an addition or a scaling are fused into it. The ranges of
/// activations are those that the first `calibration_images` of the calibration inputs ([channel][row][column], as
/// `preprocessing` makes them) show; the network's own input and output are never cut.
/// Where the preprocessing has no mean or standard deviation, the description has 0 or 1.
/// Of convolutions that are compressed, `layers` gives the steps and the shapes; their weights are multiples of the
/// steps already and stay what they are. Throws InputError for inputs of the wrong size or number, and naming the layer
/// for values that have no 8-bit form.
QuantisedNetwork quantise(const Graph& graph, const Preprocessing& preprocessing,
                          const std::vector<std::vector<float>>& calibration, const QuantiseConfig& config,
                          const std::vector<CompressedLayer>& layers = {});

}  // namespace reprise
