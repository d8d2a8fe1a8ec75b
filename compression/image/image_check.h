#pragma once

#include "compression/image/weight_image.h"

namespace reprise {

/// Throws InputError unless every statement of docs/weight_image.md about the image holds, from the network's shapes to
/// the weights read back from the cells. After it no index in the image needs another check.
void check_image(const WeightImage& image);

/// What the layer's mapping stores, counted from its units and entries. Indices must be valid.
Storage count_storage(const WeightImage& image, const LayerMapping& mapping);

}  // namespace reprise
