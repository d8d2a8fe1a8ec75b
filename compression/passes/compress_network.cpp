#include "compression/passes/compress_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/parallel.h"
#include "compression/passes/weight_compression.h"
#include "support/error.h"
#include "support/log.h"
#include "support/progress.h"

namespace reprise {
namespace {

using Images = std::vector<std::vector<float>>;

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// The first images, preprocessed.
Images first_images(const Dataset& dataset, const Preprocessing& preprocessing, int count) {
  Images images;
  for (std::size_t i = 0; i < std::min(dataset.size(), index(count)); ++i) {
    images.push_back(dataset.preprocessed(i, preprocessing));
  }
  return images;
}

std::vector<Quantisation> input_quantisations(const Graph& graph, const NetworkDescription& description) {
  std::vector<Quantisation> result(graph.nodes.size());
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
    for (const Layer& layer : description.layers) {
      if (layer.name == graph.nodes[node].name) result[node] = description.quantisation_of(layer.inputs.front());
    }
  }
  return result;
}

/// The last images of the calibration set and what is right for each.
class Validation {
 public:
  Validation(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing, int wanted)
      : dataset_(dataset), first_(dataset.size() - std::min(dataset.size(), index(wanted))), right_(size()) {
    const FloatExecutor executor(graph);
    std::vector<char> correct(size());
    in_parallel(size(), [&](std::size_t i) {
      const std::size_t top = top1(executor.output(dataset.preprocessed(first_ + i, preprocessing)));
      right_[i] = dataset.has_labels() ? static_cast<std::size_t>(dataset.label(first_ + i)) : top;
      correct[i] = right_[i] == top ? 1 : 0;
    });
    before_ = share(correct);
  }

  std::size_t size() const { return dataset_.size() - first_; }
  double before() const { return before_; }

  double accuracy(const QuantisedNetwork& network) const {
    const IntegerReference reference(network);
    const NetworkDescription& description = network.description;
    std::vector<char> correct(size());
    in_parallel(size(), [&](std::size_t i) {
      const auto image = dataset_.quantised(first_ + i, description.preprocessing, description.input_quantisation);
      correct[i] = top1(reference.output(image)) == right_[i] ? 1 : 0;
    });
    return share(correct);
  }

 private:
  static double share(const std::vector<char>& correct) {
    return static_cast<double>(std::count(correct.begin(), correct.end(), 1)) / static_cast<double>(correct.size());
  }

  const Dataset& dataset_;
  std::size_t first_;
  std::vector<std::size_t> right_;
  double before_ = 0.0;
};

/// A network compressed by one set of choices.
struct Candidate {
  Graph graph;
  std::vector<CompressedLayer> layers;
  std::vector<LayerChoice> choices;
  QuantisedNetwork network;
  double accuracy = 0.0;
};

class Compression {
 public:
  Compression(const Graph& graph, const Preprocessing& preprocessing, const Dataset& calibration,
              const QuantiseConfig& quantisation, const CompressionConfig& config, int unit_rows, int unit_columns)
      : graph_(graph),
        preprocessing_(preprocessing),
        quantisation_(quantisation),
        config_(config),
        images_(first_images(calibration, preprocessing, config.calibration_images)),
        range_images_(first_images(calibration, preprocessing, quantisation.calibration_images)),
        task_{graph_, images_, {}, unit_rows, unit_columns},
        validation_(graph, calibration, preprocessing, config.validation_images) {
    plain_ = quantise(graph_, preprocessing_, range_images_, quantisation_);
    task_.input_quantisation = input_quantisations(graph_, plain_.description);
  }

  CompressedNetwork run() {
    sensitivity_ = analyse_sensitivity(task_, config_);
    Candidate best = search();
    return {std::move(best.graph),   std::move(best.layers), std::move(best.network), std::move(sensitivity_),
            std::move(best.choices), validation_.before(),   best.accuracy,           validation_.size()};
  }

 private:
  double allowed() const { return validation_.before() - config_.accuracy_budget / 100.0; }

  /// The strongest choices within the budget: the price of cost is found by bisection.
  Candidate search() {
    constexpr int kTrials = 7;
    double low = std::log(1e-5);
    double high = std::log(30.0);
    std::optional<Candidate> best;
    for (int trial = 0; trial < kTrials; ++trial) {
      const double middle = (low + high) / 2;
      Candidate candidate = compressed(choose_options(sensitivity_, std::exp(middle)));
      log_info("trial {} of {}: {:.2f}% of {} validation images right (trained network {:.2f}%, budget {} points)",
               trial + 1, kTrials, 100 * candidate.accuracy, validation_.size(), 100 * validation_.before(),
               config_.accuracy_budget);
      const bool good = candidate.accuracy >= allowed();
      (good ? low : high) = middle;
      if (good) best = std::move(candidate);
    }
    if (best) return std::move(*best);
    Candidate mildest = compressed(std::vector<LayerChoice>(sensitivity_.size()));
    if (mildest.accuracy >= allowed()) {
      log_warn("no compression fits the accuracy budget of {} points; the network stays as it is, in 8 bits",
               config_.accuracy_budget);
      return mildest;
    }
    throw CheckError(
        fmt::format("compression.accuracy_budget: {} points cannot be met: in 8 bits without any compression "
                    "{:.2f}% of {} validation images are right, in the trained network {:.2f}%",
                    config_.accuracy_budget, 100 * mildest.accuracy, validation_.size(), 100 * validation_.before()));
  }

  Candidate compressed(std::vector<LayerChoice> choices) {
    Candidate candidate{graph_, {}, std::move(choices), {}, 0.0};
    PairedRun run(graph_, candidate.graph, images_);
    Progress progress("layers compressed", sensitivity_.size());
    for (std::size_t i = 0; i < sensitivity_.size(); ++i) {
      candidate.layers.push_back(compress_layer(run, sensitivity_[i], candidate.choices[i], candidate.graph));
      progress.advance();
    }
    candidate.network = quantise(candidate.graph, preprocessing_, range_images_, quantisation_, candidate.layers);
    candidate.accuracy = validation_.accuracy(candidate.network);
    return candidate;
  }

  CompressedLayer compress_layer(PairedRun& run, const LayerSensitivity& options, const LayerChoice& choice,
                                 Graph& changed) const {
    const int node = options.node;
    run.advance_to(node);
    FloatConvolution& convolution = std::get<FloatConvolution>(changed.nodes[index(node)].operation);
    const std::optional<InputFilter>& filter = options.activations[choice.activations].filter;
    if (filter) {
      convolution.filter = FloatInputFilter{*filter, static_cast<float>(task_.input_quantisation[index(node)].scale)};
    }
    const MatrixShape matrix = matrix_shape(graph_, node);
    const std::vector<Segment> segments = segments_of(matrix, segment_alignment(task_.unit_rows));
    const std::vector<Compensator> compensators = compensators_for(run, node, segments, config_.damping);
    CompressedLayer layer = compress_weights(matrix, segments, compensators, options.weights[choice.weights].weights,
                                             weight_options(task_, config_), convolution);
    layer.node = node;
    layer.filter = filter;
    return layer;
  }

  const Graph& graph_;
  const Preprocessing& preprocessing_;
  const QuantiseConfig& quantisation_;
  const CompressionConfig& config_;
  const Images images_;
  const Images range_images_;
  CompressionTask task_;
  Validation validation_;
  QuantisedNetwork plain_;
  std::vector<LayerSensitivity> sensitivity_;
};

}  // namespace

CompressedNetwork compress_network(const Graph& graph, const Preprocessing& preprocessing, const Dataset& calibration,
                                   const QuantiseConfig& quantisation, const CompressionConfig& config, int unit_rows,
                                   int unit_columns) {
  return Compression(graph, preprocessing, calibration, quantisation, config, unit_rows, unit_columns).run();
}

}  // namespace reprise
