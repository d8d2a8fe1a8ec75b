#pragma once

#include <cstdint>
#include <vector>

#include "compression/network/quantised_network.h"
#include "compression/passes/compensation.h"
#include "compression/passes/layer_inputs.h"

namespace reprise {

/// Sizes of a pattern pruning: of each block of `block_rows` im2col rows an output keeps `kept_rows`, in
/// `kept_blocks` of all blocks, and nothing in the others.
struct BlockPlan {
  int block_rows = 18;
  int kept_rows = 9;
  double kept_blocks = 1.0;
};

/// Above two thirds, blocks of one unit that stay whole or go. Below, blocks of which whole units remain: two thirds of
/// three units, half of two, a third of three; no blocks of more units than a convolution group's rows need. What is
/// still missing to `kept` (a share of the weights, 0..1) goes with whole blocks.
BlockPlan plan_blocks(double kept, int unit_rows, std::uint32_t rows_per_group);

/// Cluster-based weight-pattern pruning. What is important in each block (w^2 / [H^-1], the saliency of the
/// optimal-brain family) is clustered into `shapes` shapes of kept_rows rows for the layer; each output takes, in each
/// block, the shape whose removed weights cost least with all other weights adapting; the blocks that cost least go
/// wholly. `weights` and `compensators` are by segment, real numbers, [output of the group][row + bias]; segments begin
/// at multiples of block_rows. The result's weights outside the shapes are not touched here.
RowShapes prune_patterns(const MatrixShape& matrix, const std::vector<Segment>& segments,
                         const std::vector<Matrix>& weights, const std::vector<Compensator>& compensators,
                         const BlockPlan& plan, int shapes);

/// Which weights of a segment remain: 1 or 0, [output of the group][row + bias].
Matrix kept_weights(const MatrixShape& matrix, const Segment& segment, const RowShapes& shapes);

}  // namespace reprise
