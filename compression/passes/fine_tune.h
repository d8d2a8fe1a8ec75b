#pragma once

#include <cstdint>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/network/graph.h"
#include "compression/passes/compressed_layer.h"
#include "support/config.h"

namespace reprise {

/// The YAML section `fine_tuning`: how a compressed network is trained on.
struct FineTuneConfig {
  int epochs = 10;
  double learning_rate = 3e-3;  ///< at its highest; a weight's full range (-127..127 steps) is 2
  int batch = 64;
  double distillation = 0.5;  ///< weight of the teacher's softened outputs against the labels, 0..1
  double temperature = 4.0;   ///< what softens them
  /// Share of the training, its end, in which input filters apply: they make a step several times longer.
  double filtered_share = 0.3;
  bool flip = false;  ///< half of the images are mirrored, left to right
  int crop = 0;       ///< images move by up to so many pixels in each direction
  std::uint64_t seed = 1;
  /// Points of top-1 beyond the accuracy budget that may be lost before the training, at first: AllowanceSearch says
  /// what follows.
  double allowance = 8.0;
};

config::Table<FineTuneConfig> fine_tune_table();

/// Whether this build can: libtorch was there when it was configured.
bool can_fine_tune();

/// Trains a compressed network so that it does again what `teacher`, the trained network before compression, did.
/// Weights and biases of all convolutions change, and the codebooks of `layers`; steps, shapes, precisions, uses of
/// codewords and input filters stay, and every weight of these layers obeys them afterwards as it did before. Without
/// labels the teacher alone is followed. The same on every run with the same number of processors. Nothing has
/// changed where it throws. Throws InputError in a build without libtorch, for images that do not fit the network, and
/// where training diverges.
void fine_tune(Graph& network, std::vector<CompressedLayer>& layers, const Graph& teacher, const Dataset& training,
               const Preprocessing& preprocessing, const FineTuneConfig& config);

}  // namespace reprise
