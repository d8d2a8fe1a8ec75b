#pragma once

#include <optional>
#include <string>

#include "compression/datasets/dataset.h"
#include "support/config.h"
#include "tlm/machine_config.h"

namespace reprise {

/// Compares simulated outputs with the integer reference while the run goes on.
struct CheckConfig {
  int images = 20;
};

struct TraceConfig {
  bool waveform = false;  ///< writes waves.vcd
  int images = 1;         ///< only the first so many
};

/// One experiment: `reprise run`.
struct Scenario {
  std::string image;  ///< weight image
  DatasetConfig dataset;
  MachineConfig platform;
  std::optional<std::string> technology;  ///< absent: the default that comes with the program
  CheckConfig check;
  TraceConfig trace;
};

const config::Table<Scenario>& scenario_table();

}  // namespace reprise
