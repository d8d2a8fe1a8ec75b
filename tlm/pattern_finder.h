#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tlm/conversion_kernel.h"
#include "tlm/pattern_functions.h"

namespace reprise {

/// Finds the patterns that the input bits of windows show to a row group: one for each activation of its units.
class PatternFinder {
 public:
  /// @param least_rows  patterns of fewer rows that are on do not matter
  PatternFinder(const ConversionRequest& request, unsigned least_rows);

  /// What follows is of these windows.
  void begin(const WindowRow& row);
  /// In all windows of the row. What it says then is of this row group.
  void find(std::size_t group);

  /// Each once, but all with noise. Where there is none, nothing else has a meaning.
  const std::vector<std::uint64_t>& patterns() const { return patterns_; }
  const PatternUse* uses(std::size_t window) const { return uses_.data() + window_starts_[window]; }
  std::size_t use_count(std::size_t window) const { return window_starts_[window + 1] - window_starts_[window]; }
  /// Of noise: the activation key of a use.
  std::uint64_t key(const PatternUse& use) const { return keys_[use.pattern]; }

 private:
  struct Group {
    std::vector<std::uint32_t> positions;
    std::vector<std::uint64_t> parts;  ///< rows of each; empty: parts of the rows that are on
  };

  bool groups_are_channels() const;
  void forget_patterns();
  void find_plainly(std::size_t group);
  void find_in_channel(std::size_t group);
  void bits_of(const Group& group, const std::uint8_t* window, std::uint64_t* patterns) const;
  void add_parts(const Group& group, std::uint64_t pattern, unsigned bit);
  void add(std::uint64_t pattern, unsigned bit, std::size_t part);
  std::uint32_t number_of(std::uint64_t pattern);
  std::uint32_t new_pattern(std::uint64_t pattern);

  const unsigned part_rows_;
  const bool skips_;
  const unsigned least_rows_;
  const bool noisy_;
  std::vector<Group> groups_;
  bool regular_ = false;  ///< what matters can be found in all row groups of a window at once, and there are no parts
  WindowRow row_;
  std::vector<std::uint8_t> wanted_;  ///< where regular: [window][row group], the bits whose patterns matter
  std::uint64_t window_key_ = 0;
  std::vector<std::uint64_t> patterns_;
  std::vector<std::uint64_t> keys_;
  std::vector<PatternUse> uses_;
  std::vector<std::size_t> window_starts_;
  bool small_ = false;                  ///< patterns of the row group are of 16 bits at most
  std::vector<std::uint32_t> numbers_;  ///< by pattern, where it is small: number + 1, 0: not seen
};

}  // namespace reprise
