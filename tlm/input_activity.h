#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

/// The activity of some windows of one layer.
class InputActivity {
 public:
  /// @param formed  whether units are formed
  InputActivity(std::size_t windows, std::size_t row_groups, bool formed);

  std::size_t windows() const { return windows_; }
  std::uint8_t* live_bits(std::size_t window) { return live_bits_.data() + window * groups_; }
  std::uint16_t* parts(std::size_t window) { return parts_.data() + window * groups_; }
  std::uint16_t* selected_rows(std::size_t window) { return selected_rows_.data() + window * groups_; }
  /// To be called when all is filled in.
  void sum_up();

  WindowActivity window(std::size_t number) const;
  ActivitySums sums() const;
  const std::vector<std::uint8_t>& live_bits() const { return live_bits_; }  ///< [window][row group]
  const std::vector<std::uint64_t>& live_bit_sums() const { return live_bit_sums_; }
  const std::vector<std::uint64_t>& part_sums() const { return part_sums_; }
  const std::vector<std::uint64_t>& selected_row_sums() const { return selected_row_sums_; }

  /// Every step-th window from the first on, `windows` of them.
  InputActivity share(std::size_t first, std::size_t step, std::size_t windows) const;

 private:
  std::size_t windows_;
  std::size_t groups_;
  bool formed_;
  // [window][row group]; the last two are empty where units are not formed.
  std::vector<std::uint8_t> live_bits_;
  std::vector<std::uint16_t> parts_;
  std::vector<std::uint16_t> selected_rows_;
  // [row group]
  std::vector<std::uint64_t> live_bit_sums_;
  std::vector<std::uint64_t> part_sums_;
  std::vector<std::uint64_t> selected_row_sums_;
};

/// The sums of many output rows.
class ActivityTotals {
 public:
  void add(const InputActivity& row);

  std::uint64_t windows() const { return windows_; }
  ActivitySums sums() const;

 private:
  std::uint64_t windows_ = 0;
  // [row group]; the last two are empty where units are not formed.
  std::vector<std::uint64_t> live_bits_;
  std::vector<std::uint64_t> parts_;
  std::vector<std::uint64_t> selected_rows_;
};

}  // namespace reprise
