#include "compression/passes/accuracy.h"

#include <fmt/format.h>

#include <functional>
#include <future>
#include <thread>

#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "support/error.h"

namespace reprise {
namespace {

/// The share of images whose label is classify(image).
double share_correct(const Dataset& dataset, const Shape& input,
                     const std::function<std::size_t(std::size_t)>& classify) {
  if (!dataset.has_labels()) throw InputError("accuracy: images without labels; expected one label each");
  if (dataset.shape() != input)
    throw InputError(fmt::format("accuracy: images of {} x {} x {}; the network expects {} x {} x {}",
                                 dataset.shape().channels, dataset.shape().height, dataset.shape().width,
                                 input.channels, input.height, input.width));
  const std::size_t workers = std::max(1U, std::thread::hardware_concurrency());
  const auto count_every = [&](std::size_t first) {
    std::size_t correct = 0;
    for (std::size_t image = first; image < dataset.size(); image += workers) {
      if (static_cast<std::size_t>(dataset.label(image)) == classify(image)) ++correct;
    }
    return correct;
  };
  std::vector<std::future<std::size_t>> counts;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    counts.push_back(std::async(std::launch::async, count_every, worker));
  }
  std::size_t correct = 0;
  for (auto& count : counts) correct += count.get();
  return static_cast<double>(correct) / static_cast<double>(dataset.size());
}

}  // namespace

double float_accuracy(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing) {
  const FloatExecutor executor(graph);
  return share_correct(dataset, graph.input_shape, [&](std::size_t image) {
    return top1(executor.output(dataset.preprocessed(image, preprocessing)));
  });
}

double reference_accuracy(const QuantisedNetwork& network, const Dataset& dataset) {
  const IntegerReference reference(network);
  const NetworkDescription& description = network.description;
  return share_correct(dataset, description.input_shape, [&](std::size_t image) {
    return top1(reference.output(dataset.quantised(image, description.preprocessing, description.input_quantisation)));
  });
}

}  // namespace reprise
