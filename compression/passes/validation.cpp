#include "compression/passes/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/parallel.h"
#include "support/error.h"

namespace reprise {
namespace {

/// Soft-max.
std::vector<double> probabilities(const std::vector<float>& values) {
  const float largest = *std::max_element(values.begin(), values.end());
  std::vector<double> result;
  for (const float value : values) result.push_back(std::exp(double{value - largest}));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& value : result) value /= sum;
  return result;
}

}  // namespace

Validation::Validation(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing,
                       std::size_t images)
    : dataset_(dataset), first_(dataset.size() - images), right_(images), probabilities_(images) {
  const FloatExecutor executor(graph);
  in_parallel(images, [&](std::size_t i) {
    probabilities_[i] = probabilities(executor.output(dataset.preprocessed(first_ + i, preprocessing)));
    right_[i] = dataset.has_labels() ? static_cast<std::size_t>(dataset.label(first_ + i)) : top1(probabilities_[i]);
    if (right_[i] >= probabilities_[i].size()) {
      throw InputError(fmt::format("calibration.labels: image {} has label {}; the network has {} classes", first_ + i,
                                   right_[i], probabilities_[i].size()));
    }
  });
  before_ = mean_score([&](std::size_t i) { return top1(probabilities_[i]); });
}

Score Validation::score(const QuantisedNetwork& network) const {
  const IntegerReference reference(network);
  const NetworkDescription& description = network.description;
  return mean_score([&](std::size_t i) {
    const auto image = dataset_.quantised(first_ + i, description.preprocessing, description.input_quantisation);
    return top1(reference.output(image));
  });
}

bool Validation::is_small() const {
  constexpr std::size_t kEnough = 500;
  return size() < kEnough;
}

double Validation::points_lost(const Score& score) const {
  return 100.0 * (is_small() ? before_.expected - score.expected : before_.accuracy - score.accuracy);
}

Score Validation::mean_score(const std::function<std::size_t(std::size_t image)>& classify) const {
  std::vector<std::size_t> classes(size());
  in_parallel(size(), [&](std::size_t i) { classes[i] = classify(i); });
  Score mean;
  for (std::size_t i = 0; i < size(); ++i) {
    mean.accuracy += classes[i] == right_[i] ? 1.0 : 0.0;  // whole numbers: equal scores compare equal
    mean.expected += probabilities_[i][classes[i]];
  }
  mean.accuracy /= static_cast<double>(size());
  mean.expected /= static_cast<double>(size());
  return mean;
}

}  // namespace reprise
