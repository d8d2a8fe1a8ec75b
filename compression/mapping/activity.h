#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "compression/network/quantised_network.h"

namespace reprise {

/// What a convolution makes the machine do, as docs/machine.md counts it, the zero-row detector being on.
struct UnitActivity {
  std::uint64_t activations = 0;  ///< of operation units
  std::uint64_t dropped = 0;      ///< units of pairs of row group and bit without a 1 in any input row
  std::uint64_t conversions = 0;  ///< of columns

  UnitActivity& operator+=(const UnitActivity& other);
};

/// The rows of some operation units, and how many of these there are: all that their activity depends on.
struct RowGroupLoad {
  std::vector<std::uint32_t> rows;  ///< im2col
  std::uint64_t part_rows = 0;      ///< units are formed of so many selected rows; 0: they are not formed
  std::uint64_t units = 0;
  std::uint64_t columns = 0;  ///< in use, of all these units together
};

std::vector<RowGroupLoad> loads_of(const LayerMapping& mapping, const Geometry& geometry);

/// Of the engine `dense` whose units are not formed, which depends on shapes alone and need not be mapped for this.
std::vector<RowGroupLoad> dense_loads(const NetworkDescription& network, std::size_t layer, const Geometry& geometry);

/// For one image. `input` is the network's, `tensors` are the outputs of all its layers, all as stored.
UnitActivity count_activity(const NetworkDescription& network, std::size_t layer,
                            const std::vector<RowGroupLoad>& loads, const std::vector<std::uint8_t>& input,
                            const std::vector<std::vector<std::uint8_t>>& tensors);

}  // namespace reprise
