#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "support/byte_square.h"
#include "tlm/input_activity.h"

namespace reprise {

/// Counts what the input bits of a layer's windows make of its row groups: docs/machine.md, section 3.
class ActivityCounter {
 public:
  /// @param positions  of each im2col row in a window as it is counted
  ActivityCounter(const LayerMapping& mapping, const Geometry& geometry, const std::vector<std::uint32_t>& positions);

  InputActivity activity_of_windows(std::size_t windows) const { return {windows, groups_, formed_}; }  ///< all zero
  /// Of all windows of the activity. @param windows  [window][position]
  void count(const std::uint8_t* windows, InputActivity& activity);

 private:
  /// Row group g is all the taps of channel g: its bytes lie `row groups` apart.
  bool groups_are_channels(const std::vector<std::uint32_t>& rows, const std::vector<std::uint32_t>& positions) const;
  void find_live(const std::uint8_t* windows, std::size_t count, std::uint8_t* live);
  void find_live_one(const std::uint8_t* window, std::uint8_t* live) const;
  void find_live_many(const std::uint8_t* windows, std::size_t count, std::uint8_t* live);
  void count_parts(const std::uint8_t* window, std::size_t number, InputActivity& activity) const;

  const std::size_t groups_;
  const std::size_t window_size_;
  const bool formed_;
  const std::vector<std::uint32_t> group_starts_;
  std::vector<std::uint32_t> positions_;  ///< of the mapping's rows in a window
  bool groups_are_channels_;
  std::vector<std::uint16_t> parts_of_;  ///< [selected rows of a (row group, bit) pair]
  // Bytes of as many windows as a square has rows, beside one another:
  std::vector<ByteSquare::Row> by_position_;
  std::vector<ByteSquare::Row> by_group_;
};

}  // namespace reprise
