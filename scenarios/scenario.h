#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compression/datasets/dataset.h"
#include "platform/technology.h"
#include "support/config.h"
#include "tlm/machine_config.h"

namespace reprise {

/// Compares simulated outputs with the integer reference while the run goes on.
struct CheckConfig {
  int images = 20;
};

enum class WaveFormat { vcd, fst };

struct TraceConfig {
  bool waveform = false;  ///< writes waves.vcd and waves.gtkw
  WaveFormat format = WaveFormat::vcd;
  std::vector<std::string> signals;  ///< patterns; empty: those by default
  std::uint64_t first_image = 0;
  std::uint64_t images = 1;                 ///< only so many from the first one on
  std::uint64_t first_cycle = 0;            ///< of each of these images
  std::optional<std::uint64_t> last_cycle;  ///< absent: to the end
  bool timeline = false;                    ///< writes timeline.json
};

/// One experiment: `reprise run`.
struct Scenario {
  std::string image;  ///< weight image
  DatasetConfig dataset;
  MachineConfig platform;
  std::string technology = "default";   ///< a name or a file
  std::optional<AdcLawChoice> adc_law;  ///< absent: the technology's
  CheckConfig check;
  TraceConfig trace;
};

const config::Table<Scenario>& scenario_table();

}  // namespace reprise
