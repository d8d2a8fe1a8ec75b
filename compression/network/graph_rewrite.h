#pragma once

#include "compression/network/graph.h"

namespace reprise {

/// Multiplies each FloatScale into the convolution or FloatScale before it, where nothing else uses that one.
void fold_scales(Graph& graph);

}  // namespace reprise
