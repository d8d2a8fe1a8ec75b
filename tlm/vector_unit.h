#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/network.h"
#include "tlm/convolution_unit.h"
#include "tlm/row_transfer.h"

namespace reprise {

/// Everything that is not a convolution: pooling, element-wise operations, concatenation, tables, slices, pads.
/// Plain arithmetic, an output row at a time.
class VectorUnit {
 public:
  /// @param layer  index of a layer that is not a convolution
  VectorUnit(const NetworkDescription& network, int layer);

  /// Output row y, [column][channel]. inputs[i]: rows of the layer's input i.
  void make_row(int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;

  /// Element operations of one window: output channels x taps.
  std::uint64_t operations() const { return operations_; }
  /// Cycles of one window on `lanes` lanes.
  Cycle window_cycles(int lanes) const;

 private:
  void make(const MaxPoolLayer& pool, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const AveragePoolLayer& pool, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const ElementwiseLayer& add, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const ConcatLayer& concat, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const LookupLayer& lookup, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const SliceLayer& slice, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const PadLayer& pad, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const ReshapeLayer& reshape, int y, const std::vector<InputRows>& inputs, std::uint8_t* output) const;
  void make(const ConvolutionLayer&, int, const std::vector<InputRows>&, std::uint8_t*) const {}

  std::uint8_t store(std::int64_t value) const;  ///< with zero point, clamped

  Layer layer_;
  std::vector<Shape> inputs_;
  std::vector<int> zero_points_;  ///< of the inputs
  std::uint64_t operations_ = 0;
};

}  // namespace reprise
