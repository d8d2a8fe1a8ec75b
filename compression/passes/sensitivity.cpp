#include "compression/passes/sensitivity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "compression/passes/hardware_cost.h"
#include "compression/passes/layer_matrix.h"
#include "compression/passes/parallel.h"
#include "compression/passes/weight_compression.h"
#include "support/progress.h"

namespace reprise {
namespace {

constexpr std::int64_t kCountedWindows = 1000;

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

std::vector<LayerOption> weight_options_of(const CompressionConfig& config, const GivenStructure* given) {
  std::vector<LayerOption> options{{given != nullptr ? "as given" : "as it is", {}, {}, {}, {}, 0.0, 0.0}};
  if (given != nullptr && given->codebooks) return options;
  const bool pruned = config.pattern_pruning && given == nullptr;
  const auto add = [&](const std::string& label, const WeightStrength& strength) {
    options.push_back({label, strength, {}, {}, {}, 0.0, 0.0});
  };
  const auto patch = [&](double bits) {
    return PatchStrength{bits, config.patch_quantisation->small, config.patch_quantisation->prunable_share};
  };
  if (pruned) {
    for (const double kept : config.pattern_pruning->kept) add(fmt::format("kept {}", kept), {kept, {}, {}});
  }
  if (config.patch_quantisation) {
    for (const double bits : config.patch_quantisation->bits) add(fmt::format("bits {}", bits), {{}, patch(bits), {}});
  }
  if (config.pattern_transform) {
    for (const double distinct : config.pattern_transform->distinct) {
      add(fmt::format("distinct {}", distinct),
          {{}, {}, TransformStrength{distinct, config.pattern_transform->signs, config.pattern_transform->scales}});
    }
  }
  if (pruned && config.patch_quantisation) {
    for (const double kept : config.pattern_pruning->kept) {
      for (const double bits : config.patch_quantisation->bits) {
        if (bits < 2.5 || bits > 4.0) continue;
        add(fmt::format("kept {}, bits {}", kept, bits), {kept, patch(bits), {}});
      }
    }
  }
  return options;
}

/// Few images make measured divergences jump from one strength to the next. Second-order errors do not, and a layer's
/// divergences are about proportional to them: the forecast is the geometric mean of both.
void smooth(std::vector<LayerOption>& options) {
  double sum = 0.0;
  double count = 0.0;
  for (const LayerOption& option : options) {
    if (option.distance.divergence <= 0.0 || option.relative_error <= 0.0) continue;
    sum += std::log(option.distance.divergence / option.relative_error);
    count += 1.0;
  }
  const double ratio = count > 0.0 ? std::exp(sum / count) : 0.0;
  for (LayerOption& option : options) {
    option.forecast = std::sqrt(std::max(option.distance.divergence, 0.0) * ratio * option.relative_error);
  }
}

/// What a layer's output errors are shares of.
class ErrorScale {
 public:
  /// Keeps references to all but the convolution.
  ErrorScale(const std::vector<Compensator>& compensators, const FloatConvolution& original, const MatrixShape& matrix,
             const std::vector<Segment>& segments)
      : compensators_(compensators), matrix_(matrix), segments_(segments) {
    for (std::size_t s = 0; s < segments.size(); ++s) {
      targets_.push_back(compensators[s].retarget(segment_weights(original, matrix, segments[s])));
      const Matrix& target = targets_.back();
      whole_ += double{compensators[s].square_error(target, Matrix::Zero(target.rows(), target.cols())).sum()};
    }
  }

  /// Second order: the mean square error of the layer's outputs as a share of their mean square.
  double relative_error(const FloatConvolution& changed) const {
    double error = 0.0;
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const Matrix now = segment_weights(changed, matrix_, segments_[s]);
      error += double{compensators_[s].square_error(targets_[s], now).sum()};
    }
    return whole_ > 0.0 ? error / whole_ : 0.0;
  }

 private:
  const std::vector<Compensator>& compensators_;
  const MatrixShape& matrix_;
  const std::vector<Segment>& segments_;
  std::vector<Matrix> targets_;
  double whole_ = 0.0;
};

/// What can be done to one layer.
class OptionList {
 public:
  /// @param run  that has advanced to `node`
  OptionList(const CompressionTask& task, const CompressionConfig& config, const PairedRun& run, int node)
      : task_(task), config_(config), node_(node), matrix_(matrix_shape(task.graph, node)), live_(count_inputs(run)) {}

  const MatrixShape& matrix() const { return matrix_; }
  const LiveInputs& live() const { return live_; }
  const Quantisation& input_quantisation() const { return task_.input_quantisation[index(node_)]; }

  LayerSensitivity options() const {
    LayerSensitivity result{
        node_, task_.graph.nodes[index(node_)].name, weight_options_of(config_, task_.given_for(node_)), {}};
    result.activations.push_back(result.weights.front());
    if (!config_.activation_pruning || input_quantisation().zero_point != 0) return result;
    for (std::size_t i = 0; i < config_.activation_pruning->planes.size(); ++i) {
      result.activations.push_back(
          filter_option(config_.activation_pruning->planes[i], config_.activation_pruning->quiet[i]));
    }
    return result;
  }

 private:
  LiveInputs count_inputs(const PairedRun& run) const {
    const Graph& graph = task_.graph;
    const Shape& shape = graph.nodes[index(node_)].shape;
    const std::size_t images = std::min<std::size_t>(task_.images.size(), 32);
    Matrix columns(matrix_.groups * matrix_.rows_per_group, 0);
    for (std::size_t image = 0; image < images; ++image) {
      const Matrix more = unfold_rows(graph, node_, run.original_input(node_, image),
                                      sampled_rows(shape, image, images, kCountedWindows));
      Matrix both(columns.rows(), columns.cols() + more.cols());
      both << columns, more;
      columns = std::move(both);
    }
    return {columns, input_quantisation(), static_cast<double>(shape.pixels())};
  }

  LayerOption filter_option(double planes, double quiet) const {
    InputFilter filter;
    filter.block_rows = task_.unit.rows;
    filter.planes = static_cast<int>(planes);
    filter.least_sum = live_.quiet_sum(quiet, filter.block_rows, matrix_.rows_per_group);
    return {fmt::format("planes {}, quiet {}", planes, quiet), {}, filter, {}, {}, 0.0, 0.0};
  }

  const CompressionTask& task_;
  const CompressionConfig& config_;
  int node_;
  MatrixShape matrix_;
  LiveInputs live_;
};

/// One layer while all its options are tried.
class LayerTrial {
 public:
  LayerTrial(const CompressionTask& task, const CompressionConfig& config, const OutputDistance& distance,
             const PairedRun& run, int node)
      : task_(task),
        config_(config),
        distance_(distance),
        run_(run),
        node_(node),
        options_(task, config, run, node),
        segments_(segments_of(options_.matrix(), segment_alignment(task.unit.group_rows))) {}

  LayerSensitivity measure() const {
    LayerSensitivity result = options_.options();
    const std::vector<Compensator> compensators = compensators_for(run_, node_, segments_, config_.damping);
    const ErrorScale scale(compensators, convolution(), options_.matrix(), segments_);
    const std::size_t filters = result.activations.size() - 1;
    // Statistics behind filters take longest. Those of a layer of several segments fill memory and all processors.
    const std::size_t together = segments_.size() > 1 ? 0 : filters;
    for (std::size_t i = together; i < filters; ++i) try_filter(result.activations[1 + i]);
    in_parallel(together + result.weights.size(), [&](std::size_t i) {
      if (i < together) {
        try_filter(result.activations[1 + i]);
      } else {
        try_weights(compensators, scale, convolution(), result.weights[i - together], options_.live());
      }
    });
    smooth(result.weights);
    result.activations.front() = result.weights.front();
    return result;
  }

 private:
  const FloatConvolution& convolution() const {
    return std::get<FloatConvolution>(task_.graph.nodes[index(node_)].operation);
  }

  /// `original` is as it was trained, perhaps with a filter.
  void try_weights(const std::vector<Compensator>& compensators, const ErrorScale& scale, FloatConvolution original,
                   LayerOption& option, const LiveInputs& inputs) const {
    FloatOperation compressed = std::move(original);
    auto& convolution = std::get<FloatConvolution>(compressed);
    {
      const CompressedLayer layer = compress_weights(options_.matrix(), segments_, compensators, option.weights,
                                                     weight_options(task_, config_, node_), convolution);
      option.cost = hardware_cost(layer, options_.matrix().outputs, task_.unit, inputs);
    }
    option.relative_error = scale.relative_error(convolution);
    option.distance = distance_.measure(task_.graph, &compressed);
  }

  void try_filter(LayerOption& option) const {
    FloatConvolution filtered = convolution();
    filtered.filter = FloatInputFilter{*option.filter, static_cast<float>(options_.input_quantisation().scale)};
    const std::vector<Compensator> compensators =
        compensators_for(run_, node_, segments_, config_.damping, filtered.filter);
    const ErrorScale scale(compensators, filtered, options_.matrix(), segments_);
    try_weights(compensators, scale, std::move(filtered), option,
                options_.live().filtered(*option.filter, options_.matrix().rows_per_group));
    option.forecast = option.distance.divergence;
  }

  const CompressionTask& task_;
  const CompressionConfig& config_;
  const OutputDistance& distance_;
  const PairedRun& run_;
  int node_;
  OptionList options_;
  std::vector<Segment> segments_;
};

std::vector<int> convolutions_of(const Graph& graph) {
  std::vector<int> convolutions;
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    if (std::holds_alternative<FloatConvolution>(graph.nodes[node].operation)) {
      convolutions.push_back(static_cast<int>(node));
    }
  }
  return convolutions;
}

/// Sums over the layers as they are: what costs are shares of.
HardwareCost dense_cost(const std::vector<LayerSensitivity>& layers) {
  HardwareCost sum;
  for (const LayerSensitivity& layer : layers) {
    sum.cells += layer.weights.front().cost.cells;
    sum.activations += layer.weights.front().cost.activations;
  }
  // Nothing is activated where all inputs are zero.
  sum.cells = std::max(sum.cells, 1e-9);
  sum.activations = std::max(sum.activations, 1e-9);
  return sum;
}

/// What options of all layers do and save together, by forecast.
class Bargain {
 public:
  Bargain(const std::vector<LayerSensitivity>& layers, double filter_weight)
      : layers_(layers), whole_(dense_cost(layers)), filter_weight_(filter_weight) {}

  /// For each layer the option with the least divergence + price x cost.
  std::vector<LayerChoice> choose(double price) const {
    std::vector<LayerChoice> choices;
    for (const LayerSensitivity& layer : layers_) choices.push_back(choose(layer, price));
    return choices;
  }

  double divergence_of(const std::vector<LayerChoice>& choices) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < layers_.size(); ++i) sum += divergence_of(layers_[i], choices[i]);
    return sum;
  }

 private:
  double divergence_of(const LayerSensitivity& layer, const LayerChoice& choice) const {
    return layer.weights[choice.weights].forecast + filter_weight_ * layer.activations[choice.activations].forecast;
  }

  LayerChoice choose(const LayerSensitivity& layer, double price) const {
    LayerChoice best;
    double least = std::numeric_limits<double>::max();
    const double unfiltered = std::max(layer.activations.front().cost.activations, 1e-9);
    for (std::size_t w = 0; w < layer.weights.size(); ++w) {
      for (std::size_t a = 0; a < layer.activations.size(); ++a) {
        const LayerOption& weights = layer.weights[w];
        const LayerOption& activations = layer.activations[a];
        const double storage = (weights.cost.cells + weights.cost.table_bits) / whole_.cells;
        const double work = weights.cost.activations * activations.cost.activations / unfiltered / whole_.activations;
        const double total = divergence_of(layer, {w, a}) + price * (storage + work);
        if (total >= least) continue;
        least = total;
        best = {w, a};
      }
    }
    return best;
  }

  const std::vector<LayerSensitivity>& layers_;
  HardwareCost whole_;
  double filter_weight_;
};

}  // namespace

WeightCompressionOptions weight_options(const CompressionTask& task, const CompressionConfig& config, int node) {
  WeightCompressionOptions options;
  options.unit_rows = task.unit.group_rows;
  if (config.pattern_pruning) options.shapes = config.pattern_pruning->shapes;
  options.compensated = config.error_compensation;
  options.given = task.given_for(node);
  return options;
}

std::vector<LayerSensitivity> analyse_sensitivity(const CompressionTask& task, const CompressionConfig& config) {
  OutputDistance distance(task.graph, task.sensitivity_images);
  PairedRun run(task.graph, task.images);
  const std::vector<int> convolutions = convolutions_of(task.graph);
  Progress progress("sensitivity of layers", convolutions.size());
  std::vector<LayerSensitivity> layers;
  layers.reserve(convolutions.size());
  for (const int node : convolutions) {
    run.advance_to(node);
    distance.advance_to(node);
    layers.push_back(LayerTrial(task, config, distance, run, node).measure());
    progress.advance();
  }
  return layers;
}

std::vector<LayerSensitivity> list_options(const CompressionTask& task, const CompressionConfig& config) {
  PairedRun run(task.graph, task.images);
  std::vector<LayerSensitivity> layers;
  for (const int node : convolutions_of(task.graph)) {
    run.advance_to(node);
    layers.push_back(OptionList(task, config, run, node).options());
  }
  return layers;
}

std::vector<LayerChoice> last_options(const std::vector<LayerSensitivity>& layers) {
  std::vector<LayerChoice> choices;
  choices.reserve(layers.size());
  for (const LayerSensitivity& layer : layers) {
    choices.push_back({layer.weights.size() - 1, layer.activations.size() - 1});
  }
  return choices;
}

std::vector<LayerChoice> choose_options(const std::vector<LayerSensitivity>& layers, double divergence,
                                        double filter_weight) {
  constexpr int kSteps = 40;
  const Bargain bargain(layers, filter_weight);
  double low = std::log(1e-9);
  double high = std::log(1e9);
  std::vector<LayerChoice> choices(layers.size());
  for (int step = 0; step < kSteps; ++step) {
    const double middle = (low + high) / 2;
    std::vector<LayerChoice> at_price = bargain.choose(std::exp(middle));
    const bool good = bargain.divergence_of(at_price) <= divergence;
    (good ? low : high) = middle;
    if (good) choices = std::move(at_price);
  }
  return choices;
}

std::string sensitivity_csv(const std::vector<LayerSensitivity>& layers) {
  std::string text = "layer,kind,option,cells,table_bits,activations,divergence,agreement,relative_error,forecast\n";
  for (const LayerSensitivity& layer : layers) {
    const auto lines = [&](const char* kind, const std::vector<LayerOption>& options) {
      for (const LayerOption& option : options) {
        text +=
            fmt::format("\"{}\",{},\"{}\",{:.0f},{:.0f},{:.1f},{:.6g},{:.4f},{:.6g},{:.6g}\n", layer.name, kind,
                        option.label, option.cost.cells, option.cost.table_bits, option.cost.activations,
                        option.distance.divergence, option.distance.agreement, option.relative_error, option.forecast);
      }
    };
    lines("weights", layer.weights);
    lines("activations", layer.activations);
  }
  return text;
}

}  // namespace reprise
