#pragma once

#include "compression/image/weight_image.h"

namespace reprise {

/// Throws InputError unless every statement of docs/weight_image.md about the image holds, from the network's shapes to
/// the weights read back from the cells. After it no index in the image needs another check.
void check_image(const WeightImage& image);

}  // namespace reprise
