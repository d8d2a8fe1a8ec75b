#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "platform/simulation.h"

/// docs/machine.md once more, as plain as it can be written: no SystemC, every window and every activation by itself,
/// times by asking for what they depend on. Of the platform it uses only the names of keys, events and statistics.
namespace reprise::test {

/// One image's input and the output of every layer as stored, [channel][row][column]; tensors[0] is
/// the network's input.
using Tensors = std::vector<std::vector<std::uint8_t>>;

/// What simulate() must report for these images. Layers in `machine.replication.copies` go by their whole names.
/// @param starts  when the host starts them, where several may be in flight
/// @throws std::logic_error when the layers wait for one another for ever
SimulationStatistics plain_statistics(const WeightImage& image, const MachineConfig& machine,
                                      const std::vector<Tensors>& images, const std::vector<Cycle>& starts);

/// Section 5, the least depth of every buffer: [layer][input].
std::vector<std::vector<int>> plain_least_depths(const NetworkDescription& network);

}  // namespace reprise::test
