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

using Outputs = std::vector<std::vector<float>>;

/// Soft-max of the outputs divided by a temperature.
std::vector<double> probabilities(const std::vector<float>& outputs, double temperature) {
  const float largest = *std::max_element(outputs.begin(), outputs.end());
  std::vector<double> result;
  for (const float value : outputs) result.push_back(std::exp(double{value - largest} / temperature));
  const double sum = std::accumulate(result.begin(), result.end(), 0.0);
  for (double& value : result) value /= sum;
  return result;
}

double log_likelihood(const Outputs& outputs, const std::vector<std::size_t>& labels, double temperature) {
  double sum = 0.0;
  for (std::size_t i = 0; i < outputs.size(); ++i) sum += std::log(probabilities(outputs[i], temperature)[labels[i]]);
  return sum;
}

/// The one at which the labels are likeliest. The logarithm of that is concave in 1 / temperature, so thirds of the
/// range can be left out one after another.
double likeliest_temperature(const Outputs& outputs, const std::vector<std::size_t>& labels) {
  constexpr int kSteps = 40;
  double low = 1.0 / 16;  // of 1 / temperature
  double high = 16.0;
  for (int step = 0; step < kSteps; ++step) {
    const double first = (2 * low + high) / 3;
    const double second = (low + 2 * high) / 3;
    const bool rises = log_likelihood(outputs, labels, 1 / first) < log_likelihood(outputs, labels, 1 / second);
    (rises ? low : high) = rises ? first : second;
  }
  return 2 / (low + high);
}

}  // namespace

Validation::Validation(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing,
                       std::size_t images)
    : dataset_(dataset), first_(dataset.size() - images), right_(images), probabilities_(images) {
  const FloatExecutor executor(graph);
  Outputs outputs(images);
  in_parallel(images, [&](std::size_t i) {
    outputs[i] = executor.output(dataset.preprocessed(first_ + i, preprocessing));
    right_[i] = dataset.has_labels() ? static_cast<std::size_t>(dataset.label(first_ + i)) : top1(outputs[i]);
    if (right_[i] >= outputs[i].size()) {
      throw InputError(fmt::format("calibration.labels: image {} has label {}; the network has {} classes", first_ + i,
                                   right_[i], outputs[i].size()));
    }
  });
  if (dataset.has_labels()) temperature_ = likeliest_temperature(outputs, right_);
  for (std::size_t i = 0; i < images; ++i) probabilities_[i] = probabilities(outputs[i], temperature_);
  before_ = mean_score([&](std::size_t i) { return top1(outputs[i]); });
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
  return is_small() || dataset_.has_labels() ? expected_loss(score) : counted_loss(score);
}

double Validation::points_lost_trained(const Score& score) const {
  return is_small() ? expected_loss(score) : counted_loss(score);
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
