#pragma once

#include <optional>

namespace reprise {

struct PatchStrength {
  double bits = 4.0;            ///< the mean precision of a layer's weights, 0..8
  double small = 0.5;           ///< weights below this share of the layer's mean magnitude count as small
  double prunable_share = 0.6;  ///< only patches with at least this share of small values may lose all their bits
};

struct TransformStrength {
  double distinct = 0.5;  ///< codewords, as a share of the outputs of the row group
  bool signs = false;     ///< a pattern may be the negative of a codeword
  int scales = 1;         ///< 1..4: a pattern may be a codeword times 1, 2, .. 2^(scales - 1)
};

/// How strongly one layer's weights are compressed. What is absent is not done; all absent: 8 bits.
struct WeightStrength {
  std::optional<double> kept;          ///< pattern pruning: the share of the weights that remain
  std::optional<PatchStrength> patch;  ///< one of these two
  std::optional<TransformStrength> transform;
};

/// What a layer costs the machine: the quantities that the mapping will have, estimated while a layer is compressed.
struct HardwareCost {
  double cells = 0.0;
  double table_bits = 0.0;   ///< mapping tables and indices
  double activations = 0.0;  ///< operation units activated for an image
};

}  // namespace reprise
