#pragma once

#include <vector>

#include "compression/network/graph.h"
#include "compression/passes/layer_inputs.h"
#include "compression/passes/linear_algebra.h"

namespace reprise {

/// The weights of one segment of a convolution, [output of its group][row, and last the bias], real numbers.
Matrix segment_weights(const FloatConvolution& convolution, const MatrixShape& shape, const Segment& segment);

/// Writes them back. The bias moves by what its column moved since `before`, of which only the last
/// column counts, so that several segments may share it.
void set_segment_weights(const Matrix& weights, const Matrix& before, const MatrixShape& shape, const Segment& segment,
                         FloatConvolution& convolution);

/// One step an output: the largest magnitude is 127 steps. Outputs without weights have the step 1.
std::vector<double> covering_steps(const FloatConvolution& convolution);

}  // namespace reprise
