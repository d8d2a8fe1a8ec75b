#pragma once

#include <vector>

#include "compression/image/network.h"
#include "tlm/machine_config.h"
#include "tlm/rounds.h"

namespace reprise {

/// Rows of every layer buffer, [layer][input]: the least without deadlock plus the configured extra rows
/// (docs/machine.md, section 5); those of held inputs hold whole tensors.
/// @throws InputError when the configuration gives all buffers fewer rows than one of them needs.
std::vector<std::vector<int>> buffer_depths(const NetworkDescription& network, const MachineConfig& config,
                                            const RoundPlan& rounds = {});

/// The least depths alone.
std::vector<std::vector<int>> least_buffer_depths(const NetworkDescription& network);

}  // namespace reprise
