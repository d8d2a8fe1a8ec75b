#include "scenarios/engine_setup.h"

namespace reprise {

const std::vector<EngineSetup>& engine_setups() {
  static const std::vector<EngineSetup> setups{
      {"dense", {}, EngineKind::dense, Granularity::kernel, false},
      {"sre_static", {}, EngineKind::sre, Granularity::kernel, false},
      {"sre", {}, EngineKind::sre, Granularity::kernel, true},
      {"pattern_pruned", CompressionPreset::pruning, EngineKind::pattern_pruned, Granularity::kernel, false},
      {"mixed_ou", CompressionPreset::patch, EngineKind::mixed_ou, Granularity::kernel, false},
      {"wpr", CompressionPreset::reuse, EngineKind::wpr, Granularity::kernel, false},
      {"wpr_bit_column", {}, EngineKind::wpr, Granularity::bit_column, false},
      {"reprise", CompressionPreset::all, EngineKind::reprise, Granularity::kernel, false},
      {"reprise_formed", CompressionPreset::patch, EngineKind::reprise, Granularity::kernel, true},
  };
  return setups;
}

}  // namespace reprise
