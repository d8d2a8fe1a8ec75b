#pragma once

#include <cstdint>
#include <vector>

#include "compression/passes/compressed_layer.h"
#include "compression/passes/linear_algebra.h"
#include "compression/passes/weight_strength.h"

namespace reprise {

/// Stored inputs of a sample of windows: which input bits are live.
class LiveInputs {
 public:
  /// `columns` are [im2col row][window], as unfold_rows gives them.
  LiveInputs(const Matrix& columns, const Quantisation& quantisation, double windows_per_image);

  /// Windows of an image x input bits in which any of the rows is 1, mean over the sample, after the filter.
  double live_bits(const std::vector<std::uint32_t>& rows) const;
  /// The parts of `part_rows` rows that operation units are formed in, of all input bits, likewise.
  double formed_parts(const std::vector<std::uint32_t>& rows, int part_rows) const;

  /// Applies a filter to all rows.
  LiveInputs filtered(const InputFilter& filter, std::uint32_t rows_per_group) const;

  /// The threshold under which `share` of the blocks that are not all zero lie; 0 for a share of 0.
  int quiet_sum(double share, int block_rows, std::uint32_t rows_per_group) const;

 private:
  template <class Visit>
  void each_block(int block_rows, std::uint32_t rows_per_group, Visit visit) const;

  std::size_t windows_ = 0;
  double windows_per_image_ = 0.0;
  std::vector<std::uint8_t> values_;  // [row][window]
};

/// Of a layer as it is compressed: slots as narrow as a patch's precision, codewords stored once, freed rows not at
/// all.
HardwareCost hardware_cost(const CompressedLayer& layer, std::uint32_t outputs, const UnitShape& unit,
                           const LiveInputs& inputs);

}  // namespace reprise
