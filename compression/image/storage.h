#pragma once

#include "compression/image/weight_image.h"

namespace reprise {

/// What a layer's mapping stores, in bits, counted from its units, entries and rows as docs/weight_image.md says. Of
/// the image only the header and the network are looked at. Indices must be valid.
Storage count_storage(const WeightImage& image, const LayerMapping& mapping);

}  // namespace reprise
