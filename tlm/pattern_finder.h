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
  /// @param lists_blocks  where numbers are rows: lists ascend, and are of blocks where that takes less time
  PatternFinder(const ConversionRequest& request, unsigned least_rows, bool lists_blocks);

  /// What follows is of these windows.
  void begin(const WindowRow& row);
  /// In all windows of the row. What it says then is of this row group.
  void find(std::size_t group);

  /// Without noise: each once, and what windows make of them. Where numbers are rows, 0 is the number of none.
  PatternList patterns() const { return {patterns_.data(), patterns_.size(), rows_, by_rows_, blocks_}; }
  const std::vector<PatternUses>& uses() const { return uses_; }
  /// With noise: all, by window.
  const std::vector<NoisyUse>& noisy_uses() const { return noisy_uses_; }

 private:
  struct Group {
    std::vector<std::uint32_t> positions;
    std::vector<std::uint64_t> parts;  ///< rows of each; empty: parts of the rows that are on
  };

  /// Of a window and a row group of 16 rows at most: byte b of the words holds bit b of eight taps.
  struct Taps {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    std::uint64_t pattern(unsigned bit) const {
      return ((low >> (8 * bit)) & 0xFFU) | ((high >> (8 * bit)) & 0xFFU) << 8;
    }
  };

  bool groups_are_channels() const;
  void forget_patterns();
  void find_plainly(std::size_t group);
  void find_in_channel(std::size_t group);
  void find_by_rows(std::size_t group);
  void find_noisy_in_channel(std::size_t group);
  /// Then they are worked out for all row groups of a window at once.
  bool most_matter() const { return least_rows_ <= 1; }
  bool many_are_wanted() const;
  void list_used();
  void list_seen();
  void list_bits(const std::uint64_t* words, std::size_t count, std::size_t step);
  Taps taps_in_words(std::size_t window, std::size_t group) const;
  static Taps taps_of(const Group& group, const std::uint8_t* window);
  void bits_of(const Group& group, const std::uint8_t* window, std::uint64_t* patterns) const;
  void add_parts(const Group& group, std::uint64_t pattern, unsigned bit);
  void add(std::uint64_t pattern, unsigned bit, std::size_t part);
  void add_use(std::uint32_t number, unsigned bit);
  std::uint32_t number_of(std::uint64_t pattern);
  std::uint32_t new_pattern(std::uint64_t pattern);

  const unsigned part_rows_;
  const bool skips_;
  const unsigned least_rows_;
  const bool lists_blocks_;
  const bool noisy_;
  std::vector<Group> groups_;
  bool regular_ = false;  ///< what matters can be found in all row groups of a window at once, and there are no parts
  WindowRow row_;
  std::vector<std::uint8_t> wanted_;  ///< where regular: [window][row group], the bits whose patterns matter
  std::vector<std::uint64_t>
      words_;  ///< where most matter or numbers are rows, too: [window][8 taps][row group], byte b holds bit b
  std::vector<std::uint64_t> keys_;  ///< where they are noisy, too: [window][bit], of activations
  std::size_t window_ = 0;           ///< at work
  std::vector<std::uint64_t> patterns_;
  std::uint64_t rows_ = 0;  ///< that are on in any of them
  bool by_rows_ = false;    ///< of all row groups of the windows
  bool blocks_ = false;
  std::vector<std::uint8_t> seen_;  ///< by pattern, where numbers are rows; 0 while nothing is looked for
  std::vector<PatternUses> uses_;
  std::size_t uses_of_last_ = 0;  ///< in the last of them
  std::vector<NoisyUse> noisy_uses_;
  bool small_ = false;                  ///< patterns of the row group are of 16 bits at most
  std::vector<std::uint32_t> numbers_;  ///< by pattern, where it is small: number + 1, 0: not seen
};

}  // namespace reprise
