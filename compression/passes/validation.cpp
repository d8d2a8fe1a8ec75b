#include "compression/passes/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/parallel.h"
#include "support/error.h"

namespace reprise {
namespace {

constexpr std::size_t kFewImages = 500;

double probability(const std::vector<float>& values, std::size_t which) {
  const float largest = *std::max_element(values.begin(), values.end());
  double sum = 0.0;
  for (const float value : values) sum += std::exp(double{value - largest});
  return std::exp(double{values.at(which) - largest}) / sum;
}

std::vector<float> real_values(const std::vector<std::uint8_t>& stored, const Quantisation& quantisation) {
  std::vector<float> values(stored.size());
  std::transform(stored.begin(), stored.end(), values.begin(), [&](std::uint8_t value) {
    return static_cast<float>(quantisation.scale) * static_cast<float>(value - quantisation.zero_point);
  });
  return values;
}

}  // namespace

Validation::Validation(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing,
                       std::size_t images)
    : dataset_(dataset), first_(dataset.size() - images), right_(images) {
  const FloatExecutor executor(graph);
  std::vector<std::vector<float>> outputs(images);
  in_parallel(images, [&](std::size_t i) {
    outputs[i] = executor.output(dataset.preprocessed(first_ + i, preprocessing));
    right_[i] = dataset.has_labels() ? static_cast<std::size_t>(dataset.label(first_ + i)) : top1(outputs[i]);
    if (right_[i] >= outputs[i].size()) {
      throw InputError(fmt::format("calibration.labels: image {} has label {}; the network has {} classes", first_ + i,
                                   right_[i], outputs[i].size()));
    }
  });
  before_ = mean_score([&](std::size_t i) { return outputs[i]; });
}

Score Validation::score(const QuantisedNetwork& network) const {
  const IntegerReference reference(network);
  const NetworkDescription& description = network.description;
  const Quantisation& quantisation = description.quantisation_of(static_cast<int>(description.layers.size()) - 1);
  return mean_score([&](std::size_t i) {
    const auto image = dataset_.quantised(first_ + i, description.preprocessing, description.input_quantisation);
    return real_values(reference.output(image), quantisation);
  });
}

double Validation::points_lost(const Score& score) const {
  const double accuracy = 100.0 * (before_.accuracy - score.accuracy);
  const double confidence = 100.0 * (before_.confidence - score.confidence);
  return size() < kFewImages ? std::max(accuracy, confidence) : accuracy;
}

Score Validation::mean_score(const std::function<std::vector<float>(std::size_t image)>& output) const {
  std::vector<Score> scores(size());
  in_parallel(size(), [&](std::size_t i) {
    const std::vector<float> values = output(i);
    scores[i] = {top1(values) == right_[i] ? 1.0 : 0.0, probability(values, right_[i])};
  });
  Score mean;
  for (const Score& score : scores) {
    mean.accuracy += score.accuracy;  // whole numbers: no rounding, equal scores compare equal
    mean.confidence += score.confidence;
  }
  mean.accuracy /= static_cast<double>(size());
  mean.confidence /= static_cast<double>(size());
  return mean;
}

}  // namespace reprise
