#pragma once

#include <vector>

#include "compression/passes/compressed_layer.h"
#include "compression/passes/given_structure.h"
#include "compression/passes/layer_inputs.h"
#include "compression/passes/weight_strength.h"

namespace reprise {

struct WeightCompressionOptions {
  int unit_rows = 9;  ///< of a row group
  int shapes = 16;    ///< of a layer
  bool compensated = true;
  int refit_steps = 30;                   ///< of conjugate gradients, after pruning
  const GivenStructure* given = nullptr;  ///< holds whatever the strength is
};

/// Compresses the weights of one convolution for its inputs' statistics (by segment), in `convolution`, whose weights
/// and biases come as they were trained. Biases are re-estimated with the weights.
CompressedLayer compress_weights(const MatrixShape& matrix, const std::vector<Segment>& segments,
                                 const std::vector<Compensator>& compensators, const WeightStrength& strength,
                                 const WeightCompressionOptions& options, FloatConvolution& convolution);

/// Statistics of the inputs of convolution `node`, to which the run has advanced, by segment; see PairedRun.
std::vector<Compensator> compensators_for(const PairedRun& run, int node, const std::vector<Segment>& segments,
                                          double damping, const std::optional<FloatInputFilter>& filter = {});

/// The alignment of segments that all block sizes share.
int segment_alignment(int unit_rows);

}  // namespace reprise
