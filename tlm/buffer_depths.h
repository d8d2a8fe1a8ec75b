#pragma once

#include <vector>

#include "compression/image/network.h"
#include "tlm/machine_config.h"

namespace reprise {

/// Rows of every layer buffer, [layer][input]: the least without deadlock plus the configured extra rows
/// (docs/machine.md, section 5).
/// @throws InputError when the configuration gives all buffers fewer rows than one of them needs.
std::vector<std::vector<int>> buffer_depths(const NetworkDescription& network, const MachineConfig& config);

/// The least depths alone.
std::vector<std::vector<int>> least_buffer_depths(const NetworkDescription& network);

}  // namespace reprise
