#include "tests/platform/sample_run.h"

#include <catch2/catch.hpp>
#include <systemc>

#include "compression/network/integer_reference.h"
#include "tests/platform/buffer_ledger.h"
#include "tests/sc_test.h"

namespace reprise::test {

SampleRun::SampleRun(Random& random, bool any_execution)
    : network(random_network(random)), image(random_image(random, network)), machine(random_machine(random, image)) {
  if (any_execution) randomise_execution(random, image, machine);
  const IntegerReference reference(network);
  for (std::size_t i = 0; i < kImages; ++i) {
    tensors.push_back({random_input(random, network.description.input_shape)});
    for (auto& output : reference.run(tensors[i].front())) tensors[i].push_back(std::move(output));
  }
}

SimulationStatistics simulated(const SampleRun& sample) {
  renew_kernel();
  BufferLedger buffers;
  std::size_t outputs = 0;
  SimulationRequest request{sample.image,
                            sample.machine,
                            SampleRun::kImages,
                            [&](std::size_t i) { return sample.tensors[i].front(); },
                            [&](std::size_t i, const std::vector<std::uint8_t>& bytes) {
                              REQUIRE(bytes == sample.tensors[i].back());
                              ++outputs;
                            },
                            {},
                            &buffers};
  SimulationStatistics statistics = simulate(request);
  REQUIRE(outputs == SampleRun::kImages);
  buffers.check(sample.image, sample.machine, SampleRun::kImages);
  return statistics;
}

}  // namespace reprise::test
