#pragma once

#include <optional>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/network/graph.h"
#include "compression/network/quantised_network.h"
#include "compression/passes/compressed_layer.h"
#include "compression/passes/compression_config.h"
#include "compression/passes/quantise.h"
#include "compression/passes/sensitivity.h"
#include "compression/passes/validation.h"
#include "support/phase_clock.h"

namespace reprise {

struct CompressedNetwork {
  Graph graph;                          ///< with the compressed weights
  std::vector<CompressedLayer> layers;  ///< every convolution, in the order of the graph
  QuantisedNetwork network;
  QuantisedNetwork plain;                                    ///< in 8 bits and nothing else
  std::optional<std::vector<LayerSensitivity>> sensitivity;  ///< by layer; not measured where all points may be lost
  Score validation_before;                                   ///< of the trained network
  Score validation_plain;                                    ///< of the one in 8 bits
  Score validation_after;                                    ///< of the compressed one, in integers
  std::size_t validation_images = 0;
};

/// Runs the passes that are on, under the accuracy budget. `validation` may be null: then the last
/// config.validation_images calibration images are held out. Without labels the top-1 class of the trained network
/// counts as right. Throws InputError where the images do not fit the network, CheckError where even the mildest choice
/// loses more than the budget. `clock` gets the phases.
CompressedNetwork compress_network(const Graph& graph, const Preprocessing& preprocessing, const Dataset& calibration,
                                   const Dataset* validation, const QuantiseConfig& quantisation,
                                   const CompressionConfig& config, const UnitShape& unit, PhaseClock& clock);

}  // namespace reprise
