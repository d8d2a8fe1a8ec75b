#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compression/image/network.h"

namespace reprise {

/// Pattern pruning of one convolution. The im2col rows of a convolution group are cut into blocks of `block_rows`, the
/// last of which may be shorter. In each block an output keeps the rows of one shape, or none; all its other weights
/// there are 0.
struct RowShapes {
  int block_rows = 9;
  std::vector<std::vector<std::uint32_t>> shapes;  ///< rows kept, ascending, counted from the block's first; not empty
  std::vector<std::int16_t> shape_of;              ///< [output][block of its group]: index of a shape; -1: nothing kept
};

/// A network in integers: what the reference executes, the passes compress and the mapping lays out.
struct QuantisedNetwork {
  NetworkDescription description;
  std::vector<std::vector<std::int8_t>> weights;  ///< [layer][out][in / groups][ky][kx], empty for other layers
  std::vector<std::optional<RowShapes>> shapes;   ///< [layer]; empty where no layer is pruned by patterns
};

}  // namespace reprise
