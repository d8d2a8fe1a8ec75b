#include "compression/passes/accuracy.h"

#include <fmt/format.h>

#include <atomic>
#include <functional>

#include "compression/network/float_executor.h"
#include "compression/network/integer_reference.h"
#include "compression/passes/parallel.h"
#include "support/error.h"
#include "support/progress.h"

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
  std::atomic<std::size_t> correct = 0;
  Progress progress("images classified", dataset.size());
  in_parallel(dataset.size(), [&](std::size_t image) {
    if (static_cast<std::size_t>(dataset.label(image)) == classify(image)) ++correct;
    progress.advance();
  });
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
