#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/network/quantised_network.h"

namespace reprise {

/// Input rows that one row of operation units multiplies, and the outputs that have weights there.
struct RowGroup {
  std::vector<std::uint32_t> rows;     ///< im2col rows of the layer, ascending, of one convolution group
  std::vector<std::uint32_t> outputs;  ///< output channels of the layer, ascending, at least one
};

/// What is switched on at once, and of how many rows it may be picked.
struct UnitShape {
  int rows = 9;
  int columns = 8;
  int group_rows = 9;  ///< of a row group; more than rows: operation units are formed of the rows that are on
};

/// The weight matrix of a convolution.
struct MatrixShape {
  std::uint32_t outputs = 0;  ///< of all convolution groups
  std::uint32_t groups = 1;
  std::uint32_t rows_per_group = 0;  ///< im2col rows of one convolution group
};

/// Of convolution `layer`.
MatrixShape matrix_shape(const NetworkDescription& network, std::size_t layer);

/// The row groups of a layer. Without shapes: consecutive rows with all outputs of their convolution group. With them:
/// for each block the rows of each shape in use, with the outputs that have it, in the order of blocks, then of shapes.
/// What does not fit into group_rows is cut.
std::vector<RowGroup> row_groups(const MatrixShape& matrix, const RowShapes* shapes, int group_rows);

/// Row groups without rows in which `strip` consecutive outputs have no weights but zero; strips with the same rows
/// share them. What does not fit into group_rows is cut.
/// @param weights  of the layer, [output][row of its convolution group]
std::vector<RowGroup> compressed_row_groups(const MatrixShape& matrix, const std::vector<std::int8_t>& weights,
                                            int strip, int group_rows);

}  // namespace reprise
