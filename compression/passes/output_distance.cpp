#include "compression/passes/output_distance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "compression/passes/accuracy.h"
#include "compression/passes/parallel.h"

namespace reprise {
namespace {

/// log(sum(exp(values)))
double log_sum(const std::vector<float>& values) {
  const double largest = *std::max_element(values.begin(), values.end());
  double sum = 0.0;
  for (const float value : values) sum += std::exp(value - largest);
  return largest + std::log(sum);
}

double divergence(const std::vector<float>& original, const std::vector<float>& changed) {
  const double original_sum = log_sum(original);
  const double changed_sum = log_sum(changed);
  double result = 0.0;
  for (std::size_t i = 0; i < original.size(); ++i) {
    const double log_probability = original[i] - original_sum;
    result += std::exp(log_probability) * (log_probability - (changed[i] - changed_sum));
  }
  return result;
}

}  // namespace

OutputDistance::OutputDistance(const Graph& original, std::vector<std::vector<float>> images)
    : images_(std::move(images)), run_(original, images_), outputs_(outputs_of(original, nullptr)) {}

std::vector<std::vector<float>> OutputDistance::outputs_of(const Graph& graph, const FloatOperation* operation) const {
  std::vector<std::vector<float>> outputs(images_.size());
  in_parallel(images_.size(), [&](std::size_t image) { outputs[image] = run_.finished(graph, image, operation); });
  return outputs;
}

Distance OutputDistance::measure(const Graph& changed, const FloatOperation* operation) const {
  const std::vector<std::vector<float>> outputs = outputs_of(changed, operation);
  Distance distance{0.0, 0.0};
  for (std::size_t image = 0; image < images_.size(); ++image) {
    distance.divergence += divergence(outputs_[image], outputs[image]);
    distance.agreement += top1(outputs_[image]) == top1(outputs[image]) ? 1.0 : 0.0;
  }
  distance.divergence /= static_cast<double>(images_.size());
  distance.agreement /= static_cast<double>(images_.size());
  return distance;
}

}  // namespace reprise
