#include "compression/passes/compress_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compression/passes/allowance_search.h"
#include "compression/passes/divergence_search.h"
#include "compression/passes/fine_tune.h"
#include "compression/passes/weight_compression.h"
#include "support/error.h"
#include "support/log.h"
#include "support/progress.h"

namespace reprise {
namespace {

using Images = std::vector<std::vector<float>>;

constexpr double kAllPoints = 100.0;

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// Some images, preprocessed; fewer where the data set ends.
Images images(const Dataset& dataset, const Preprocessing& preprocessing, std::size_t first, std::size_t count) {
  Images images;
  for (std::size_t i = first; i < std::min(dataset.size(), first + count); ++i) {
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

/// A network compressed by one set of choices.
struct Candidate {
  Graph graph;
  std::vector<CompressedLayer> layers;
  std::vector<LayerChoice> choices;
  QuantisedNetwork network;
  Score score;
};

class Compression {
 public:
  Compression(const Graph& graph, const Preprocessing& preprocessing, const Dataset& calibration,
              const Dataset* validation, const QuantiseConfig& quantisation, const CompressionConfig& config,
              const UnitShape& unit, PhaseClock& clock)
      : graph_(graph),
        preprocessing_(preprocessing),
        quantisation_(quantisation),
        calibration_(calibration),
        own_validation_(validation != nullptr),
        config_(config),
        clock_(clock),
        images_(images(calibration, preprocessing, 0, index(config.calibration_images))),
        range_images_(images(calibration, preprocessing, 0, index(quantisation.calibration_images))),
        validation_(
            graph, validation != nullptr ? *validation : calibration, preprocessing,
            own_validation_ ? validation->size() : std::min(calibration.size(), index(config.validation_images))),
        sensitivity_images_(images(validation != nullptr ? *validation : calibration, preprocessing,
                                   validation_.first(),
                                   std::min(validation_.size(), index(config.sensitivity_images)))),
        task_{graph_, images_, sensitivity_images_, {}, unit, load_given_structures(graph, config, unit.group_rows)} {
    if (!own_validation_ && images_.size() + validation_.size() > calibration.size()) {
      log_warn("{} calibration images for {} of statistics and {} of validation: some are used for both",
               calibration.size(), images_.size(), validation_.size());
    }
    plain_ = quantise(graph_, preprocessing_, range_images_, quantisation_);
    plain_score_ = validation_.score(plain_);
    task_.input_quantisation = input_quantisations(graph_, plain_.description);
  }

  CompressedNetwork run() {
    clock_.start("sensitivity");
    // With all points to lose it is known what is chosen.
    const bool measures = config_.accuracy_budget < kAllPoints;
    sensitivity_ = measures ? analyse_sensitivity(task_, config_) : list_options(task_, config_);
    std::optional<Candidate> found = config_.fine_tuning ? fine_tuned() : std::nullopt;
    if (config_.fine_tuning && !found)
      log_warn("no network that was fine-tuned is in the accuracy budget; going on without");
    if (!found) found = search(config_.accuracy_budget);
    Candidate best = found ? std::move(*found) : untouched();
    return {std::move(best.graph),
            std::move(best.layers),
            std::move(best.network),
            std::move(plain_),
            measures ? std::make_optional(std::move(sensitivity_)) : std::nullopt,
            validation_.before(),
            plain_score_,
            best.score,
            validation_.size()};
  }

 private:
  /// The strongest choices that lose at most so many points. With all of them to lose there is nothing to look for: the
  /// last options are taken.
  std::optional<Candidate> search(double points, double filter_weight = 1.0) {
    clock_.start("search");
    if (points >= kAllPoints) return compressed(last_options(sensitivity_));
    return validation_.is_small() ? search_by_rate(points, filter_weight) : search_by_bracket(points, filter_weight);
  }

  std::optional<Candidate> search_by_bracket(double points, double filter_weight) {
    DivergenceSearch search(points);
    std::optional<Candidate> best;
    while (!search.is_over()) {
      Candidate candidate = compressed(choose_options(sensitivity_, search.divergence(), filter_weight));
      const bool fits = search.tried(validation_.points_lost(candidate.score));
      log_info("trial {}: {}", search.trials(), summary(candidate.score));
      if (fits) best = std::move(candidate);
    }
    return best;
  }

  /// What few images say of one candidate is partly chance, and to take the strongest one that passes would be to take
  /// the luckiest. So several are measured, and all together say which divergence loses what is allowed.
  std::optional<Candidate> search_by_rate(double points, double filter_weight) {
    std::vector<DivergenceLoss> measured;
    for (const double divergence : {0.02, 0.05, 0.1, 0.2}) {
      const Candidate candidate = compressed(choose_options(sensitivity_, divergence, filter_weight));
      log_info("divergence {}: {}", divergence, summary(candidate.score));
      measured.push_back({divergence, validation_.points_lost(candidate.score)});
    }
    const double allowed = divergence_at(points, measured);
    log_info("{} points are lost at a divergence of {:.4f}", points, allowed);
    for (const double divergence : {allowed, allowed / 2, allowed / 4}) {
      Candidate candidate = compressed(choose_options(sensitivity_, divergence, filter_weight));
      if (validation_.points_lost(candidate.score) <= points) return candidate;
    }
    return std::nullopt;
  }

  /// Compresses beyond the budget and trains; the strongest that came back.
  std::optional<Candidate> fine_tuned() {
    const double budget = config_.accuracy_budget;
    AllowanceSearch search(budget, config_.fine_tuning->allowance);
    std::optional<Candidate> best;
    while (!search.is_over()) {
      std::optional<Candidate> candidate = trained(budget + search.allowance());
      if (!candidate) break;
      if (search.tried(validation_.points_lost_trained(candidate->score))) best = std::move(candidate);
    }
    return best;
  }

  /// A network that loses at most so many points before it is trained.
  std::optional<Candidate> trained(double points) {
    const Dataset training = calibration_.first(calibration_.size() - (own_validation_ ? 0 : validation_.size()));
    // So that filters alone take what the accuracy budget allows: training brings back little of that.
    const double filter_weight = points / std::max(config_.accuracy_budget, 0.05);
    std::optional<Candidate> candidate = search(points, filter_weight);
    if (!candidate) return candidate;
    clock_.start("fine-tuning");
    fine_tune(candidate->graph, candidate->layers, graph_, training, preprocessing_, *config_.fine_tuning);
    finish(*candidate);
    log_info("after fine-tuning: {}", summary(candidate->score));
    return candidate;
  }

  bool within_budget(const Candidate& candidate) const {
    return validation_.points_lost(candidate.score) <= config_.accuracy_budget;
  }

  /// In 8 bits, and that is all.
  Candidate untouched() {
    Candidate mildest = compressed(std::vector<LayerChoice>(sensitivity_.size()));
    if (within_budget(mildest)) {
      log_warn("no compression fits the accuracy budget of {} points; the network stays as it is, in 8 bits{}",
               config_.accuracy_budget, task_.given.empty() ? "" : ", but for the given masks and codebooks");
      return mildest;
    }
    throw CheckError(fmt::format(
        "compression.accuracy_budget: {} points cannot be met; the least that is lost, in 8 bits and {}: {}",
        config_.accuracy_budget, task_.given.empty() ? "not compressed" : "with the given masks and codebooks",
        summary(mildest.score)));
  }

  std::string summary(const Score& score) const {
    return fmt::format("{:.2f}% of {} validation images right, {:.2f}% expected (trained network {:.2f}%, {:.2f}%)",
                       100 * score.accuracy, validation_.size(), 100 * score.expected,
                       100 * validation_.before().accuracy, 100 * validation_.before().expected);
  }

  Candidate compressed(std::vector<LayerChoice> choices) {
    Candidate candidate{graph_, {}, std::move(choices), {}, {}};
    PairedRun run(graph_, candidate.graph, images_);
    Progress progress("layers compressed", sensitivity_.size());
    for (std::size_t i = 0; i < sensitivity_.size(); ++i) {
      candidate.layers.push_back(compress_layer(run, sensitivity_[i], candidate.choices[i], candidate.graph));
      progress.advance();
    }
    finish(candidate);
    return candidate;
  }

  void finish(Candidate& candidate) const {
    candidate.network = quantise(candidate.graph, preprocessing_, range_images_, quantisation_, candidate.layers);
    candidate.score = validation_.score(candidate.network);
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
    const std::vector<Segment> segments = segments_of(matrix, segment_alignment(task_.unit.group_rows));
    const std::vector<Compensator> compensators =
        compensators_for(run, node, segments, config_.damping, convolution.filter);
    CompressedLayer layer = compress_weights(matrix, segments, compensators, options.weights[choice.weights].weights,
                                             weight_options(task_, config_, node), convolution);
    layer.node = node;
    layer.filter = filter;
    return layer;
  }

  const Graph& graph_;
  const Preprocessing& preprocessing_;
  const QuantiseConfig& quantisation_;
  const Dataset& calibration_;
  const bool own_validation_;  // the validation images are not among those for calibration
  const CompressionConfig& config_;
  PhaseClock& clock_;
  const Images images_;
  const Images range_images_;
  Validation validation_;
  const Images sensitivity_images_;
  CompressionTask task_;
  QuantisedNetwork plain_;
  Score plain_score_;
  std::vector<LayerSensitivity> sensitivity_;
};

/// What would otherwise come out only after the search.
void check_fine_tuning(const CompressionConfig& config, const Dataset& calibration, bool own_validation) {
  if (!config.fine_tuning) return;
  if (!can_fine_tune()) {
    throw InputError(
        "compression.fine_tuning: this build has no fine-tuning; install libtorch-dev and configure again");
  }
  if (!own_validation && calibration.size() <= index(config.validation_images)) {
    throw InputError(
        fmt::format("compression.fine_tuning: {} calibration images, of which validation_images takes {}; expected "
                    "some more, to train on",
                    calibration.size(), config.validation_images));
  }
}

}  // namespace

CompressedNetwork compress_network(const Graph& graph, const Preprocessing& preprocessing, const Dataset& calibration,
                                   const Dataset* validation, const QuantiseConfig& quantisation,
                                   const CompressionConfig& config, const UnitShape& unit, PhaseClock& clock) {
  check_fine_tuning(config, calibration, validation != nullptr);
  return Compression(graph, preprocessing, calibration, validation, quantisation, config, unit, clock).run();
}

}  // namespace reprise
