#pragma once

#include "compression/image/network.h"

namespace reprise {

/// Throws InputError, naming the layer, unless every statement of docs/weight_image.md about the network holds: inputs
/// come earlier, shapes follow from the inputs' shapes, constants have the right number and range.
void check_network(const NetworkDescription& network);

/// What is wrong with an input filter; `zero_point` is that of the convolution's input. Throws InputError.
void check_filter(const InputFilter& filter, int zero_point);

}  // namespace reprise
