#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compression/passes/fine_tune.h"
#include "support/config.h"

namespace reprise {

struct PatternPruningConfig {
  std::vector<double> kept{0.9, 0.8, 0.67, 0.5,
                           0.4, 0.3, 0.2,  0.12};  ///< strengths: shares of a layer's weights that remain
  int shapes = 16;                                 ///< of a layer
  std::optional<std::string> masks;                ///< folder of given masks, <layer>.npy
};

struct ActivationPruningConfig {
  std::vector<double> planes{6, 5, 4, 4, 3};           ///< strengths, together with quiet: bits that remain of a block
  std::vector<double> quiet{0.1, 0.2, 0.2, 0.4, 0.5};  ///< share of the blocks that are not zero to be left out
};

struct PatchQuantisationConfig {
  std::vector<double> bits{6, 5, 4, 3, 2.5, 2, 1.5};  ///< strengths: mean bits of a layer's weights
  double small = 0.5;
  double prunable_share = 0.6;
};

struct PatternTransformConfig {
  std::vector<double> distinct{0.8, 0.65, 0.5, 0.35, 0.25, 0.15};  ///< strengths: codewords an output
  bool signs = false;
  int scales = 1;
  std::optional<std::string> codebooks;  ///< folder of given codebooks, <layer>.npy
};

enum class CompressionPreset { pruning, patch, reuse, all };

/// The YAML section `compression`: which passes run and how far they go.
struct CompressionConfig {
  std::optional<CompressionPreset> preset;
  std::optional<PatternPruningConfig> pattern_pruning;
  std::optional<ActivationPruningConfig> activation_pruning;
  std::optional<PatchQuantisationConfig> patch_quantisation;
  std::optional<PatternTransformConfig> pattern_transform;
  std::optional<FineTuneConfig> fine_tuning;
  bool error_compensation = true;
  double damping = 0.01;
  double accuracy_budget = 1.0;  ///< points of top-1 that may be lost on the validation images
  int calibration_images = 256;
  int sensitivity_images = 64;
  int validation_images = 1000;
};

config::Table<CompressionConfig> compression_table();

std::map<std::string, CompressionPreset> compression_presets();  ///< by name

/// Switches on the passes of the preset, if there is one, and all others off. Throws InputError where no pass is on,
/// and for strengths that make no sense.
void apply_preset(CompressionConfig& config);

}  // namespace reprise
