#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/network/graph.h"
#include "compression/network/quantised_network.h"

namespace reprise {

/// The class of an output: the first of its largest values.
template <class Value>
std::size_t top1(const std::vector<Value>& output) {
  return static_cast<std::size_t>(std::distance(output.begin(), std::max_element(output.begin(), output.end())));
}

/// The share of images whose label is the network's top-1 class, 0..1; on all processors.
/// Throws InputError for images without labels or of another shape than the network's.
double float_accuracy(const Graph& graph, const Dataset& dataset, const Preprocessing& preprocessing);
double reference_accuracy(const QuantisedNetwork& network, const Dataset& dataset);

}  // namespace reprise
