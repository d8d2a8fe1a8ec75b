#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/network.h"

namespace reprise {

/// A network in integers: what the reference executes, the passes compress and the mapping lays out.
struct QuantisedNetwork {
  NetworkDescription description;
  std::vector<std::vector<std::int8_t>> weights;  ///< [layer][out][in / groups][ky][kx], empty for other layers
};

}  // namespace reprise
