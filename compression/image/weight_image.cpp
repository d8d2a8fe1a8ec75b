#include "compression/image/weight_image.h"

namespace reprise {

const char* to_string(Encoding encoding) {
  return encoding == Encoding::twos_complement ? "twos_complement" : "differential";
}

const char* to_string(Granularity granularity) {
  return granularity == Granularity::kernel ? "kernel" : "bit_column";
}

const char* to_string(EngineKind engine) {
  switch (engine) {
    case EngineKind::sre:
      return "sre";
    case EngineKind::pattern_pruned:
      return "pattern_pruned";
    case EngineKind::mixed_ou:
      return "mixed_ou";
    case EngineKind::wpr:
      return "wpr";
    case EngineKind::reprise:
      return "reprise";
    default:
      return "dense";
  }
}

EngineFeatures features_of(EngineKind engine) {
  EngineFeatures features;
  features.compressed_rows = engine == EngineKind::sre;
  features.shapes = engine != EngineKind::dense && engine != EngineKind::sre;
  features.narrow = engine == EngineKind::mixed_ou || engine == EngineKind::reprise;
  features.shared = engine == EngineKind::wpr || engine == EngineKind::reprise;
  return features;
}

Storage& Storage::operator+=(const Storage& other) {
  dense_cells += other.dense_cells;
  cells += other.cells;
  table_bits += other.table_bits;
  index_bits += other.index_bits;
  return *this;
}

}  // namespace reprise
