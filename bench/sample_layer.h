#pragma once

#include "compression/image/weight_image.h"

namespace reprise {

/// A network of one 3 x 3 convolution with random weights, its input as wide and high as its output, on the default
/// machine.
WeightImage sample_layer(int input_channels, int output_channels, int side, EngineKind engine);

}  // namespace reprise
