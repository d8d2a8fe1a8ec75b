#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "compression/passes/compression_config.h"

namespace reprise {

/// An engine as comparisons name it: docs/engines.md. Which passes prepare the network, and how it is mapped.
struct EngineSetup {
  std::string name;
  std::optional<CompressionPreset> preset;  ///< absent: 8 bits and nothing else
  EngineKind engine = EngineKind::dense;
  Granularity granularity = Granularity::kernel;
  bool forms_units = false;  ///< row groups as high as a crossbar, of whose live rows units are formed
};

/// All engines that are compared, the baseline `dense` first.
const std::vector<EngineSetup>& engine_setups();

}  // namespace reprise
