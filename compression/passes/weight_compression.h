#pragma once

#include <optional>
#include <vector>

#include "compression/passes/compressed_layer.h"
#include "compression/passes/patch_quantisation.h"
#include "compression/passes/pattern_transform.h"

namespace reprise {

/// How strongly one layer's weights are compressed. What is absent is not done; all absent: 8 bits.
struct WeightStrength {
  std::optional<double> kept;          ///< pattern pruning: the share of the weights that remain
  std::optional<PatchStrength> patch;  ///< one of these two
  std::optional<TransformStrength> transform;
};

struct WeightCompressionOptions {
  int unit_rows = 9;
  int shapes = 16;  ///< of a layer
  double damping = 0.01;
  bool compensated = true;
  int refit_steps = 30;  ///< of conjugate gradients, after pruning
};

/// Compresses the weights of one convolution for its inputs' statistics (by segment), in `convolution`, whose weights
/// and biases come as they were trained. Biases are re-estimated with the weights.
CompressedLayer compress_weights(const MatrixShape& matrix, const std::vector<Segment>& segments,
                                 const std::vector<Compensator>& compensators, const WeightStrength& strength,
                                 const WeightCompressionOptions& options, FloatConvolution& convolution);

/// The alignment of segments that all block sizes share.
int segment_alignment(int unit_rows);

}  // namespace reprise
