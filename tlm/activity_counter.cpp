#include "tlm/activity_counter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "support/bits.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

constexpr unsigned kBits = 8;
constexpr std::size_t kMostAtOnce = 255;  ///< rows of which a byte holds the ones

/// For each value of a byte its bits, a byte each: adding such words counts all eight bit-planes at once.
std::array<std::uint64_t, 256> spread_bits() {
  std::array<std::uint64_t, 256> words{};
  for (unsigned value = 0; value < words.size(); ++value) {
    for (unsigned bit = 0; bit < kBits; ++bit) words[value] |= std::uint64_t{(value >> bit) & 1U} << (8 * bit);
  }
  return words;
}

const std::array<std::uint64_t, 256> kSpread = spread_bits();

/// The bits of all taps, by group; window is [tap][group].
REPRISE_VECTOR_CLONES void merge_many(const std::uint8_t* window, std::size_t taps, std::size_t groups,
                                      std::uint8_t* merged) {
  std::memcpy(merged, window, groups);
  for (std::size_t tap = 1; tap < taps; ++tap) {
    for (std::size_t group = 0; group < groups; ++group) merged[group] |= window[tap * groups + group];
  }
}

/// The same of some groups that fill a word.
template <class Word>
void merge_word(const std::uint8_t* window, std::size_t taps, std::size_t groups, std::uint8_t* merged) {
  Word all{};
  for (std::size_t tap = 0; tap < taps; ++tap) {
    Word word;
    std::memcpy(&word, window + tap * groups, sizeof word);
    all = static_cast<Word>(all | word);
  }
  std::memcpy(merged, &all, sizeof all);
}

void merge_taps(const std::uint8_t* window, std::size_t taps, std::size_t groups, std::uint8_t* merged) {
  constexpr std::size_t kVector = 64;  // bytes: fewer groups do not fill one
  if (groups >= kVector) return merge_many(window, taps, groups, merged);
  constexpr std::size_t kSide = ByteSquare::kSide;
  std::size_t group = 0;
  for (; group + kSide <= groups; group += kSide) {
    merge_word<ByteSquare::Row>(window + group, taps, groups, merged + group);
  }
  for (; group < groups; ++group) merge_word<std::uint8_t>(window + group, taps, groups, merged + group);
}

/// Puts the number of ones in the place of each byte.
REPRISE_VECTOR_CLONES void count_ones(std::uint8_t* bytes, std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    word = ones_in_bytes(word);
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < count; ++i) bytes[i] = ones_in(bytes[i]);
}

std::size_t round_up(std::size_t count) {
  return (count + ByteSquare::kSide - 1) / ByteSquare::kSide * ByteSquare::kSide;
}

/// Bytes of some windows, at most as many as a square has rows, beside one another.
/// @param to  [position], rounded up to whole squares
void transpose_windows(const std::uint8_t* windows, std::size_t count, std::size_t size, ByteSquare::Row* to) {
  constexpr std::size_t kSide = ByteSquare::kSide;
  for (std::size_t first = 0; first < size; first += kSide) {
    ByteSquare square;
    const std::size_t columns = std::min(kSide, size - first);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* const from = windows + i * size + first;
      columns == kSide ? std::memcpy(&square.rows[i], from, kSide) : std::memcpy(&square.rows[i], from, columns);
    }
    square.transpose();
    std::memcpy(to + first, square.rows, sizeof square.rows);
  }
}

/// The same the other way round. @param to  [window][position]
void transpose_back(const ByteSquare::Row* from, std::size_t count, std::size_t size, std::uint8_t* to) {
  constexpr std::size_t kSide = ByteSquare::kSide;
  for (std::size_t first = 0; first < size; first += kSide) {
    ByteSquare square;
    std::memcpy(square.rows, from + first, sizeof square.rows);
    square.transpose();
    const std::size_t columns = std::min(kSide, size - first);
    for (std::size_t i = 0; i < count; ++i) std::memcpy(to + i * size + first, &square.rows[i], columns);
  }
}

}  // namespace

ActivityCounter::ActivityCounter(const LayerMapping& mapping, const Geometry& geometry,
                                 const std::vector<std::uint32_t>& positions)
    : groups_(mapping.row_group_count()),
      window_size_(positions.size()),
      formed_(geometry.forms_units()),
      group_starts_(mapping.row_group_starts),
      groups_are_channels_(groups_are_channels(mapping.rows, positions)) {
  for (const std::uint32_t row : mapping.rows) positions_.push_back(positions[row]);
  for (int rows = 0; formed_ && rows <= geometry.group_rows; ++rows) {
    parts_of_.push_back(static_cast<std::uint16_t>(geometry.places_of(static_cast<std::uint32_t>(rows))));
  }
}

bool ActivityCounter::groups_are_channels(const std::vector<std::uint32_t>& rows,
                                          const std::vector<std::uint32_t>& positions) const {
  if (groups_ == 0 || rows.size() != window_size_ || window_size_ % groups_ != 0) return false;
  const std::size_t taps = window_size_ / groups_;
  for (std::size_t group = 0; group < groups_; ++group) {
    if (group_starts_[group + 1] - group_starts_[group] != taps) return false;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      const std::size_t row = group * taps + tap;
      if (rows[row] != row || positions[row] != tap * groups_ + group) return false;
    }
  }
  return true;
}

void ActivityCounter::count(const std::uint8_t* windows, InputActivity& activity) {
  const std::size_t count = activity.windows();
  if (!formed_) return find_live(windows, count, activity.live_bits(0));
  for (std::size_t i = 0; i < count; ++i) count_parts(windows + i * window_size_, i, activity);
}

void ActivityCounter::find_live(const std::uint8_t* windows, std::size_t count, std::uint8_t* live) {
  constexpr std::size_t kMany = 4;  // fewer are not worth it
  for (std::size_t i = 0; i < count;) {
    const std::size_t windows_at_once = std::min(ByteSquare::kSide, count - i);
    const bool many = !groups_are_channels_ && windows_at_once >= kMany;
    if (many) find_live_many(windows + i * window_size_, windows_at_once, live + i * groups_);
    if (!many) find_live_one(windows + i * window_size_, live + i * groups_);
    i += many ? windows_at_once : 1;
  }
  count_ones(live, count * groups_);
}

void ActivityCounter::find_live_one(const std::uint8_t* window, std::uint8_t* live) const {
  if (groups_are_channels_) return merge_taps(window, window_size_ / groups_, groups_, live);
  for (std::size_t group = 0; group < groups_; ++group) {
    std::uint8_t any = 0;
    for (std::uint32_t i = group_starts_[group]; i < group_starts_[group + 1]; ++i) any |= window[positions_[i]];
    live[group] = any;
  }
}

void ActivityCounter::find_live_many(const std::uint8_t* windows, std::size_t count, std::uint8_t* live) {
  by_position_.resize(round_up(window_size_));
  by_group_.resize(round_up(groups_));
  transpose_windows(windows, count, window_size_, by_position_.data());
  for (std::size_t group = 0; group < groups_; ++group) {
    ByteSquare::Row any{};
    for (std::uint32_t i = group_starts_[group]; i < group_starts_[group + 1]; ++i) any |= by_position_[positions_[i]];
    by_group_[group] = any;
  }
  transpose_back(by_group_.data(), count, groups_, live);
}

void ActivityCounter::count_parts(const std::uint8_t* window, std::size_t number, InputActivity& activity) const {
  for (std::size_t group = 0; group < groups_; ++group) {
    std::array<std::uint32_t, kBits> ones{};
    for (std::uint32_t i = group_starts_[group]; i < group_starts_[group + 1];) {
      const std::uint32_t end = std::min<std::uint32_t>(i + kMostAtOnce, group_starts_[group + 1]);
      std::uint64_t counts = 0;
      for (; i < end; ++i) counts += kSpread[window[positions_[i]]];
      for (unsigned bit = 0; bit < kBits; ++bit) ones[bit] += static_cast<std::uint8_t>(counts >> (8 * bit));
    }
    unsigned live = 0;
    unsigned parts = 0;
    unsigned selected = 0;
    for (const std::uint32_t count : ones) {
      live += count > 0 ? 1 : 0;
      parts += parts_of_[count];
      selected += count;
    }
    activity.live_bits(number)[group] = static_cast<std::uint8_t>(live);
    activity.parts(number)[group] = static_cast<std::uint16_t>(parts);
    activity.selected_rows(number)[group] = static_cast<std::uint16_t>(selected);
  }
}

}  // namespace reprise
