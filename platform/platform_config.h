#pragma once

#include "support/config.h"
#include "tlm/machine_config.h"

namespace reprise {

/// The `platform:` section of a scenario: the keys of docs/machine.md.
const config::Table<MachineConfig>& machine_table();

}  // namespace reprise
