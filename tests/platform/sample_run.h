#pragma once

#include <cstddef>
#include <vector>

#include "platform/simulation.h"
#include "tests/platform/plain_machine.h"
#include "tests/platform/random_network.h"

namespace reprise::test {

/// A random network on a random machine, some images, and what the integer reference makes of them.
struct SampleRun {
  static constexpr std::size_t kImages = 3;

  SampleRun(Random& random, bool any_execution);

  QuantisedNetwork network;
  WeightImage image;
  MachineConfig machine;
  std::vector<Tensors> tensors;  ///< of each image
};

/// Runs it; requires that the outputs are those of the reference and that buffers lose nothing.
SimulationStatistics simulated(const SampleRun& sample);

}  // namespace reprise::test
