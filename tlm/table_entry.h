#pragma once

#include "compression/image/weight_image.h"

namespace reprise {

/// Bits of one scatter entry in the mapping table, 0 where the engine stores none: docs/weight_image.md. Looks at every
/// entry of the layer.
int table_entry_bits(const WeightImage& image, const LayerMapping& mapping);

}  // namespace reprise
