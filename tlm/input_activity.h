#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"

namespace reprise {

/// What the input bits of one window make of the layer's row groups: all that its cycles depend on
/// (docs/machine.md, section 3).
struct WindowActivity {
  const std::uint8_t* live_bits = nullptr;  ///< [row group]: input bits (0..8) in which a row is 1
  const std::uint16_t* parts = nullptr;     ///< [row group], of all input bits; null where units are not formed
};

/// The same summed over windows, and what events depend on beside them.
struct ActivitySums {
  const std::uint64_t* live_bits = nullptr;
  const std::uint64_t* parts = nullptr;          ///< null where units are not formed
  const std::uint64_t* selected_rows = nullptr;  ///< ones of all input bits; null where units are not formed
};

/// Counts the activity of an output row of one layer, window by window.
class InputActivity {
 public:
  /// @param positions  of each im2col row in a window as it is counted
  /// @param windows    of an output row
  InputActivity(const LayerMapping& mapping, const Geometry& geometry, const std::vector<std::uint32_t>& positions,
                std::size_t windows);

  void begin_row();
  void count(std::size_t number, const std::uint8_t* window);

  WindowActivity window(std::size_t number) const;
  ActivitySums sums() const;
  const std::vector<std::uint8_t>& live_bits() const { return live_bits_; }  ///< [window][row group]
  const std::vector<std::uint64_t>& live_bit_sums() const { return live_bit_sums_; }

 private:
  /// Row group g is all the taps of channel g: its bytes lie `row groups` apart.
  bool groups_are_channels(const std::vector<std::uint32_t>& rows, const std::vector<std::uint32_t>& positions) const;
  void find_live(const std::uint8_t* window, std::uint8_t* live) const;
  void count_parts(const std::uint8_t* window, std::uint8_t* live, std::uint16_t* parts);

  const std::size_t groups_;
  const std::size_t window_size_;
  const bool formed_;
  const std::vector<std::uint32_t> group_starts_;
  std::vector<std::uint32_t> positions_;  ///< of the mapping's rows in a window
  bool groups_are_channels_;
  std::vector<std::uint16_t> parts_of_;  ///< [selected rows of a (row group, bit) pair]
  std::vector<std::uint8_t> live_bits_;
  std::vector<std::uint16_t> parts_;  ///< [window][row group]
  std::vector<std::uint64_t> live_bit_sums_;
  std::vector<std::uint64_t> part_sums_;
  std::vector<std::uint64_t> selected_row_sums_;
};

}  // namespace reprise
