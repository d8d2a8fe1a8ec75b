#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "compression/network/graph.h"
#include "compression/passes/compressed_layer.h"
#include "compression/passes/compression_config.h"
#include "compression/passes/weight_strength.h"

namespace reprise {

/// What the user decided about one convolution: which weights remain, or which patterns they may be.
struct GivenStructure {
  std::optional<RowShapes> shapes;
  std::optional<Codebooks> codebooks;  ///< by row_groups() without shapes
  TransformStrength uses;              ///< signs and scales with which the codebooks are used
};

using GivenStructures = std::map<int, GivenStructure>;  ///< by node of the graph

/// Reads the folders pattern_pruning.masks and pattern_transform.codebooks: docs/compression/own_masks.md. Throws
/// InputError, naming the file, its layer and what was expected.
GivenStructures load_given_structures(const Graph& graph, const CompressionConfig& config, int unit_rows);

/// The shapes that keep exactly the weights with a mask of 1, [output][row of its convolution group], in blocks of one,
/// two or three units: the height that fills the fewest operation units, and needs the fewest indices. None where there
/// would be more than 32767 shapes.
std::optional<RowShapes> shapes_of_mask(const MatrixShape& matrix, const std::vector<std::uint8_t>& mask,
                                        int unit_rows);

}  // namespace reprise
