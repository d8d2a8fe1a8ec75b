#pragma once

#include "compression/image/network.h"

namespace reprise {

/// Throws InputError, naming the layer, unless every statement of docs/weight_image.md about the network holds: inputs
/// come earlier, shapes follow from the inputs' shapes, constants have the right number and range.
void check_network(const NetworkDescription& network);

}  // namespace reprise
