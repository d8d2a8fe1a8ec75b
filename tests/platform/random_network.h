#pragma once

#include <random>

#include "compression/image/weight_image.h"
#include "compression/network/quantised_network.h"
#include "tlm/machine_config.h"

namespace reprise::test {

using Random = std::mt19937;

/// From `low` to `high`, both included.
int pick(Random& random, int low, int high);

/// A small valid network of all kinds of layers: branches, residual additions, layers that feed nobody, windows that
/// lie outside their input.
QuantisedNetwork random_network(Random& random);

/// The network on small crossbars and few of them an engine, so that layers have many engines and several tiles.
WeightImage random_image(Random& random, const QuantisedNetwork& network);

/// A machine on which the image runs: lossless converters, a mesh that is large enough; buffer_rows not given.
MachineConfig random_machine(Random& random, const WeightImage& image);

/// Another way to execute, images in flight, copies of layers: as many as the machine has engines for.
void randomise_execution(Random& random, const WeightImage& image, MachineConfig& machine);

/// Stored activations for the network's input, often with bits that are zero all over.
std::vector<std::uint8_t> random_input(Random& random, const Shape& shape);

}  // namespace reprise::test
