#include "compression/passes/compression_config.h"

#include <fmt/format.h>

#include <cmath>

#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

config::Table<PatternPruningConfig> pattern_pruning_table() {
  return config::Table<PatternPruningConfig>("Cluster-based weight-pattern pruning")
      .numbers("kept", &PatternPruningConfig::kept, 0.01, 1.0,
               "strengths that are tried on each layer: shares of its weights that remain")
      .number("shapes", &PatternPruningConfig::shapes, 1, 256, "shapes of kept rows that a layer has at most")
      .file("masks", &PatternPruningConfig::masks,
            "folder of masks, `<layer>.npy`: these layers keep exactly the weights that it says "
            "([own_masks.md](compression/own_masks.md))");
}

config::Table<ActivationPruningConfig> activation_pruning_table() {
  return config::Table<ActivationPruningConfig>("Sparsity-row activation pruning and activation precision")
      .numbers("planes", &ActivationPruningConfig::planes, 1, 8,
               "strengths, whole numbers: bits that remain of a block of input rows, counted from its leading one")
      .unit("bits")
      .numbers("quiet", &ActivationPruningConfig::quiet, 0.0, 0.95,
               "strengths, one for each of `planes`: share of the quietest blocks that are left out");
}

config::Table<PatchQuantisationConfig> patch_quantisation_table() {
  return config::Table<PatchQuantisationConfig>("Patch-aware pruning-quantisation")
      .numbers("bits", &PatchQuantisationConfig::bits, 0.1, 8.0, "strengths: mean bits of a layer's weights")
      .unit("bits")
      .number("small", &PatchQuantisationConfig::small, 0.0, 10.0,
              "a weight below this share of the layer's mean magnitude counts as small")
      .number("prunable_share", &PatchQuantisationConfig::prunable_share, 0.0, 1.0,
              "a patch with at least this share of small weights may lose all its bits");
}

config::Table<PatternTransformConfig> pattern_transform_table() {
  return config::Table<PatternTransformConfig>("Approximate pattern transform")
      .numbers("distinct", &PatternTransformConfig::distinct, 0.001, 1.0,
               "strengths: codewords of a row group, as a share of its outputs")
      .flag("signs", &PatternTransformConfig::signs, "a pattern may be the negative of a codeword")
      .number("scales", &PatternTransformConfig::scales, 1, 4,
              "a pattern may be a codeword times 1, 2, up to 2 to the power of `scales` - 1")
      .file("codebooks", &PatternTransformConfig::codebooks,
            "folder of codebooks, `<layer>.npy`: these layers use no other patterns "
            "([own_masks.md](compression/own_masks.md))");
}

const std::vector<std::pair<const char*, CompressionPreset>> kPresets{{"pruning", CompressionPreset::pruning},
                                                                      {"patch", CompressionPreset::patch},
                                                                      {"reuse", CompressionPreset::reuse},
                                                                      {"all", CompressionPreset::all}};

template <class Pass>
void switch_to(bool on, std::optional<Pass>& pass, const char* name) {
  if (!on && pass) log_info("compression.{}: not a pass of the preset, left out", name);
  if (!on) pass.reset();
  if (on && !pass) pass.emplace();
}

void choose_passes(CompressionConfig& config, bool pruning, bool activations, bool patches, bool transform) {
  switch_to(pruning, config.pattern_pruning, "pattern_pruning");
  switch_to(activations, config.activation_pruning, "activation_pruning");
  switch_to(patches, config.patch_quantisation, "patch_quantisation");
  switch_to(transform, config.pattern_transform, "pattern_transform");
}

}  // namespace

config::Table<CompressionConfig> compression_table() {
  return config::Table<CompressionConfig>("Which passes compress the network, and how far")
      .choice(
          "preset", &CompressionConfig::preset, kPresets,
          "which passes run: `pruning` (pattern and activation pruning), `patch` (patch quantisation and activation "
          "pruning), `reuse` (pattern transform), `all`; sections of other passes count for nothing. Absent: those "
          "that have a section")
      .section("pattern_pruning", &CompressionConfig::pattern_pruning, pattern_pruning_table(),
               "weights go by patterns")
      .section("activation_pruning", &CompressionConfig::activation_pruning, activation_pruning_table(),
               "input rows that carry little go")
      .section("patch_quantisation", &CompressionConfig::patch_quantisation, patch_quantisation_table(),
               "precision by patch")
      .section("pattern_transform", &CompressionConfig::pattern_transform, pattern_transform_table(),
               "patterns are made to repeat")
      .section("fine_tuning", &CompressionConfig::fine_tuning, fine_tune_table(),
               "training of the compressed network; absent: none")
      .flag("error_compensation", &CompressionConfig::error_compensation,
            "the error of what was changed is folded into the weights that are not treated yet")
      .number("damping", &CompressionConfig::damping, 1e-6, 1.0,
              "added to the diagonal of the inputs' second-order statistics, as a share of its mean")
      .number("accuracy_budget", &CompressionConfig::accuracy_budget, 0.0, 100.0,
              "points of top-1 that may be lost on the validation images: by expectation, or counted after training "
              "([sensitivity.md](compression/sensitivity.md)); 100: the last strengths of all, nothing measured and no "
              "search")
      .unit("points of top-1")
      .number("calibration_images", &CompressionConfig::calibration_images, 1, 100000,
              "the first calibration images, for the statistics of the layers' inputs")
      .unit("images")
      .number("sensitivity_images", &CompressionConfig::sensitivity_images, 1, 100000,
              "the first of the validation images, on which each layer's sensitivity is measured")
      .unit("images")
      .number("validation_images", &CompressionConfig::validation_images, 1, 1000000,
              "the last calibration images, on which the budget is checked; keep them apart from the first where there "
              "are enough")
      .unit("images");
}

std::map<std::string, CompressionPreset> compression_presets() {
  return {kPresets.begin(), kPresets.end()};
}

void apply_preset(CompressionConfig& config) {
  if (config.preset) {
    switch (*config.preset) {
      case CompressionPreset::pruning:
        choose_passes(config, true, true, false, false);
        break;
      case CompressionPreset::patch:
        choose_passes(config, false, true, true, false);
        break;
      case CompressionPreset::reuse:
        choose_passes(config, false, false, false, true);
        break;
      case CompressionPreset::all:
        choose_passes(config, true, true, true, true);
        break;
    }
  }
  if (!config.pattern_pruning && !config.activation_pruning && !config.patch_quantisation &&
      !config.pattern_transform) {
    throw InputError(
        "compression: no pass is on; expected a preset, pattern_pruning, activation_pruning, "
        "patch_quantisation or pattern_transform");
  }
  if (config.activation_pruning &&
      config.activation_pruning->planes.size() != config.activation_pruning->quiet.size()) {
    throw InputError(
        "compression.activation_pruning: planes and quiet have different lengths; expected a pair for each strength");
  }
  for (const double planes : config.activation_pruning ? config.activation_pruning->planes : std::vector<double>()) {
    if (planes == std::floor(planes)) continue;
    throw InputError(fmt::format("compression.activation_pruning.planes: {}; expected whole numbers", planes));
  }
}

}  // namespace reprise
