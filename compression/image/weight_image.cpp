#include "compression/image/weight_image.h"

namespace reprise {

const char* to_string(Encoding encoding) {
  return encoding == Encoding::twos_complement ? "twos_complement" : "differential";
}

const char* to_string(Granularity granularity) {
  return granularity == Granularity::kernel ? "kernel" : "bit_column";
}

const char* to_string(EngineKind engine) {
  return engine == EngineKind::dense ? "dense" : "wpr";
}

}  // namespace reprise
