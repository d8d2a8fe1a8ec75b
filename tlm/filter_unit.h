#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/network.h"

namespace reprise {

/// The input filter of one convolution, on gathered windows: docs/weight_image.md, section 4.
class FilterUnit {
 public:
  FilterUnit(const InputFilter& filter, const ConvolutionLayer& convolution, int input_channels);

  /// Filters a window in place; it lies as ConvolutionUnit gathers it.
  void apply(std::uint8_t* window) const;

 private:
  std::uint8_t kept_bits(std::uint32_t sum, std::uint8_t any) const { return sum < least_sum_ ? 0 : kept_[any]; }
  void filter_channels(std::uint8_t* values) const;
  void filter_blocks(std::uint8_t* window) const;

  const std::uint32_t least_sum_;
  const std::size_t groups_;
  const std::size_t taps_;
  const std::size_t channels_;      ///< of a group
  const bool blocks_are_channels_;  ///< a block is all taps of a channel
  const int planes_;
  std::array<std::uint8_t, 256> kept_{};     ///< by the OR of a block, whose leading bit is that of its largest value
  std::vector<std::uint32_t> positions_;     ///< in a gathered window, block after block
  std::vector<std::uint32_t> block_starts_;  ///< into positions_, one more than there are blocks
};

}  // namespace reprise
