#include "compression/passes/weight_compression.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "compression/passes/layer_matrix.h"
#include "compression/passes/parallel.h"
#include "compression/passes/patch_quantisation.h"
#include "compression/passes/pattern_pruning.h"
#include "compression/passes/pattern_transform.h"

namespace reprise {
namespace {

/// 8 bits for every weight.
class PlainRounding : public GroupCoder {
 public:
  Matrix replace(std::size_t /*group*/, const Matrix& weights, const Matrix& /*root*/,
                 const Eigen::VectorXf& /*importance*/, GroupCode& /*code*/) override {
    return weights.unaryExpr([](float value) { return std::clamp(std::round(value), -127.0F, 127.0F); });
  }
};

/// Weights in steps of their output, or back in real numbers.
void scale_outputs(const std::vector<double>& steps, const Segment& segment, bool to_steps, Matrix& weights) {
  const std::size_t first = static_cast<std::size_t>(segment.group) * static_cast<std::size_t>(weights.rows());
  for (Eigen::Index o = 0; o < weights.rows(); ++o) {
    const double step = steps[first + static_cast<std::size_t>(o)];
    weights.row(o) *= static_cast<float>(to_steps ? 1.0 / step : step);
  }
}

std::unique_ptr<GroupCoder> coder_for(const WeightStrength& strength, const GivenStructure* given,
                                      const CompressedLayer& layer, const MatrixShape& matrix,
                                      const std::vector<Segment>& segments,
                                      const std::vector<Compensator>& compensators,
                                      const std::vector<Matrix>& weights) {
  if (given != nullptr && given->codebooks) return std::make_unique<GivenCodebooks>(*given->codebooks, given->uses);
  if (strength.transform) return std::make_unique<PatternTransform>(*strength.transform);
  if (!strength.patch) return std::make_unique<PlainRounding>();
  const double mean = mean_magnitude(layer, matrix, segments, weights);
  const double price = price_of_bits(layer, matrix, segments, compensators, weights, *strength.patch, mean);
  return std::make_unique<PatchQuantisation>(*strength.patch, mean, price);
}

}  // namespace

std::vector<Compensator> compensators_for(const PairedRun& run, int node, const std::vector<Segment>& segments,
                                          double damping, const std::optional<FloatInputFilter>& filter) {
  constexpr std::int64_t kSampledWindows = 20000;
  std::vector<Compensator> compensators;
  for (InputStatistics& statistics : run.statistics(node, segments, kSampledWindows, filter)) {
    compensators.emplace_back(std::move(statistics), damping);
  }
  return compensators;
}

int segment_alignment(int unit_rows) {
  return 6 * unit_rows;  // blocks are of one, two or three units
}

CompressedLayer compress_weights(const MatrixShape& matrix, const std::vector<Segment>& segments,
                                 const std::vector<Compensator>& compensators, const WeightStrength& strength,
                                 const WeightCompressionOptions& options, FloatConvolution& convolution) {
  std::vector<Matrix> weights(segments.size());
  std::vector<Matrix> kept(segments.size());  // without pruning all are, and these stay empty
  std::vector<Matrix> original(segments.size());
  in_parallel(segments.size(), [&](std::size_t s) {
    original[s] = segment_weights(convolution, matrix, segments[s]);
    weights[s] = options.compensated ? compensators[s].retarget(original[s]) : original[s];
  });

  CompressedLayer layer;
  if (options.given != nullptr && options.given->shapes) {
    layer.shapes = options.given->shapes;
  } else if (strength.kept) {
    const BlockPlan plan = plan_blocks(*strength.kept, options.unit_rows, matrix.rows_per_group);
    layer.shapes = prune_patterns(matrix, segments, weights, compensators, plan, options.shapes);
  }
  if (layer.shapes) {
    in_parallel(segments.size(), [&](std::size_t s) {
      const Matrix target = weights[s];
      kept[s] = kept_weights(matrix, segments[s], *layer.shapes);
      weights[s] = weights[s].cwiseProduct(kept[s]);
      if (options.compensated) compensators[s].refit(target, kept[s], weights[s], options.refit_steps);
    });
  }
  for (std::size_t s = 0; s < segments.size(); ++s) {
    set_segment_weights(weights[s], original[s], matrix, segments[s], convolution);
    original[s].resize(0, 0);
  }
  layer.steps = covering_steps(convolution);
  layer.groups = row_groups(matrix, layer.shapes ? &*layer.shapes : nullptr, options.unit_rows);
  layer.codes.resize(layer.groups.size());
  if (layer.groups.empty()) return layer;
  std::vector<Matrix> biases(segments.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    scale_outputs(layer.steps, segments[s], true, weights[s]);
    biases[s] = weights[s].rightCols(1);
    scale_outputs(layer.steps, segments[s], false, biases[s]);
  }
  const auto coder = coder_for(strength, options.given, layer, matrix, segments, compensators, weights);
  in_parallel(segments.size(), [&](std::size_t s) {
    code_segment(layer, matrix, segments[s], compensators[s], kept[s], options.compensated, *coder, weights[s],
                 layer.codes);
  });
  for (std::size_t s = 0; s < segments.size(); ++s) {
    scale_outputs(layer.steps, segments[s], false, weights[s]);
    set_segment_weights(weights[s], biases[s], matrix, segments[s], convolution);
    weights[s].resize(0, 0);
  }
  return layer;
}

}  // namespace reprise
