#include "tlm/pattern_finder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <numeric>

#include "support/bits.h"
#include "support/vector_clones.h"
#include "tlm/converter.h"

namespace reprise {
namespace {

constexpr unsigned kInputBits = 8;
constexpr std::size_t kSmallRows = 16;

std::uint64_t lowest_rows(std::uint64_t pattern, unsigned count) {
  std::uint64_t rest = pattern;
  for (; count > 0 && rest != 0; --count) rest &= rest - 1;
  return pattern ^ rest;
}

constexpr std::size_t kCounterBits = 4;
constexpr std::size_t kMostTaps = (1U << kCounterBits) - 1;

/// How often each bit is 1, of some row groups side by side: bit i of the counts is in digit i.
struct BitCounts {
  static constexpr std::size_t kGroups = 64;
  std::uint8_t digits[kCounterBits][kGroups] = {};

  void add(const std::uint8_t* bytes, std::size_t groups) {
    for (std::size_t g = 0; g < groups; ++g) {
      std::uint8_t carry = bytes[g];
      for (auto& digit : digits) {
        const std::uint8_t before = digit[g];
        digit[g] = static_cast<std::uint8_t>(before ^ carry);
        carry = static_cast<std::uint8_t>(before & carry);
      }
    }
  }

  /// Which bits were 1 `least` times or more.
  void compare(unsigned least, std::size_t groups, std::uint8_t* enough) const {
    for (std::size_t g = 0; g < groups; ++g) {
      std::uint8_t more = 0;
      std::uint8_t same = 0xFF;
      for (std::size_t i = kCounterBits; i-- > 0;) {
        const auto wanted = static_cast<std::uint8_t>(0U - ((least >> i) & 1U));
        more = static_cast<std::uint8_t>(more | (same & digits[i][g] & ~wanted));
        same = static_cast<std::uint8_t>(same & ~(digits[i][g] ^ wanted));
      }
      enough[g] = static_cast<std::uint8_t>(more | same);
    }
  }
};

/// enough[g]: bits that are 1 in at least `least` of window[tap][g].
REPRISE_VECTOR_CLONES void find_enough(const std::uint8_t* window, std::size_t taps, std::size_t groups, unsigned least,
                                       std::uint8_t* enough) {
  for (std::size_t first = 0; first < groups; first += BitCounts::kGroups) {
    const std::size_t count = std::min(BitCounts::kGroups, groups - first);
    BitCounts counts;
    for (std::size_t tap = 0; tap < taps; ++tap) counts.add(window + tap * groups + first, count);
    counts.compare(least, count, enough + first);
  }
}

constexpr std::size_t kWordTaps = 8;

/// words[g]: byte b holds bit b of up to eight taps of row group g.
REPRISE_VECTOR_CLONES void transpose_taps(const std::uint8_t* window, std::size_t taps, std::size_t groups,
                                          std::uint64_t* words) {
  for (std::size_t g = 0; g < groups; ++g) words[g] = window[g];
  for (std::size_t tap = 1; tap < taps; ++tap) {
    for (std::size_t g = 0; g < groups; ++g) words[g] |= std::uint64_t{window[tap * groups + g]} << (8 * tap);
  }
  for (std::size_t g = 0; g < groups; ++g) words[g] = transpose_bits(words[g]);
}

constexpr std::size_t kSeenRows = 9;
constexpr std::size_t kSeenPatterns = std::size_t{1} << kSeenRows;

/// Of a row group, where bits of windows are.
struct WindowWords {
  const std::uint8_t* wanted;
  const std::uint64_t* low;
  std::size_t step;         ///< to the next window
  std::size_t high;         ///< from the low word; 0: there is none
  std::size_t wanted_step;  ///< to the next window
};

/// [bits]: byte b is all ones where bit b is 1.
constexpr std::array<std::uint64_t, 256> byte_masks() {
  std::array<std::uint64_t, 256> masks{};
  for (std::size_t bits = 0; bits < masks.size(); ++bits) {
    for (unsigned bit = 0; bit < kInputBits; ++bit) masks[bits] |= (bits >> bit & 1U) * std::uint64_t{0xFF} << 8 * bit;
  }
  return masks;
}

constexpr std::array<std::uint64_t, 256> kByteMasks = byte_masks();

/// Byte b is the one that holds bit b.
void bytes_of(std::uint64_t word, std::uint8_t* bytes) {
  if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) word = __builtin_bswap64(word);
  std::memcpy(bytes, &word, sizeof word);
}

/// Of windows of which any bit is wanted, 0 for bits that are not; returns how many there are.
REPRISE_VECTOR_CLONES std::size_t use_all_bits(const WindowWords& words, std::size_t windows, PatternUses* uses) {
  const WindowWords from = words;
  PatternUses all;
  for (unsigned bit = 0; bit < kInputBits; ++bit) all.factors[bit] = static_cast<std::int16_t>(1 << bit);
  std::size_t used = 0;
  for (std::size_t w = 0; w < windows; ++w) {
    const std::uint8_t wanted = from.wanted[w * from.wanted_step];
    if (wanted == 0) continue;
    const std::uint64_t* const word = from.low + w * from.step;
    const std::uint64_t mask = kByteMasks[wanted];
    std::uint8_t low[kInputBits];
    std::uint8_t high[kInputBits];
    bytes_of(*word & mask, low);
    bytes_of(from.high == 0 ? 0 : word[from.high] & mask, high);
    for (unsigned bit = 0; bit < kInputBits; ++bit) {
      all.patterns[bit] = low[bit] | static_cast<std::uint32_t>(high[bit]) << 8;
    }
    all.window = static_cast<std::uint32_t>(w);
    uses[used] = all;
    ++used;
  }
  return used;
}

}  // namespace

PatternFinder::PatternFinder(const ConversionRequest& request, unsigned least_rows, bool lists_blocks)
    : part_rows_(static_cast<unsigned>(request.image.geometry.unit_rows)),
      skips_(request.skips),
      least_rows_(least_rows),
      lists_blocks_(lists_blocks),
      noisy_(request.adc.noise.has_value()),
      seen_(kSeenPatterns),
      numbers_(std::size_t{1} << kSmallRows) {
  const LayerMapping& mapping = request.mapping;
  const bool forms = request.image.geometry.forms_units();
  for (std::size_t g = 0; g < mapping.row_group_count(); ++g) {
    Group group;
    for (std::uint32_t i = mapping.row_group_starts[g]; i < mapping.row_group_starts[g + 1]; ++i) {
      group.positions.push_back(request.positions[mapping.rows[i]]);
    }
    const std::size_t rows = group.positions.size();
    const std::size_t part = forms ? part_rows_ : std::max<std::size_t>(1, rows);
    for (std::size_t row = 0; (!forms || !skips_) && row < rows; row += part) {
      const std::size_t count = std::min(part, rows - row);
      const std::uint64_t ones = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
      group.parts.push_back(ones << row);
    }
    groups_.push_back(std::move(group));
  }
  regular_ = !forms && (skips_ || least_rows_ > 0) && groups_are_channels();
}

/// Row group g is all the taps of channel g: its bytes lie `row groups` apart.
bool PatternFinder::groups_are_channels() const {
  const std::size_t taps = groups_.empty() ? 0 : groups_.front().positions.size();
  if (taps == 0 || taps > kMostTaps) return false;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].positions.size() != taps) return false;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      if (groups_[g].positions[tap] != tap * groups_.size() + g) return false;
    }
  }
  return true;
}

void PatternFinder::begin(const WindowRow& row) {
  forget_patterns();
  row_ = row;
  if (!regular_) return;
  wanted_.resize(row.count * groups_.size());
  const std::size_t taps = groups_.front().positions.size();
  for (std::size_t w = 0; w < row.count; ++w) {
    find_enough(row.windows + w * row.size, taps, groups_.size(), std::max(1U, least_rows_),
                wanted_.data() + w * groups_.size());
  }
  by_rows_ = !noisy_ && groups_.front().positions.size() <= kSeenRows && (most_matter() || many_are_wanted());
  if (!most_matter() && !by_rows_) return;
  const std::size_t groups = groups_.size();
  const std::size_t words = (taps + kWordTaps - 1) / kWordTaps;
  words_.resize(row.count * groups * words);
  for (std::size_t i = 0; i < row.count * words; ++i) {
    const std::size_t first = i % words * kWordTaps;
    transpose_taps(row.windows + i / words * row.size + first * groups, std::min(kWordTaps, taps - first), groups,
                   words_.data() + i * groups);
  }
  keys_.clear();
  for (std::size_t i = 0; noisy_ && i < row.count * kInputBits; ++i) {
    keys_.push_back(ConversionNoise::activation_key(row.keys[i / kInputBits], i % kInputBits, 0));
  }
}

void PatternFinder::forget_patterns() {
  if (small_ && !by_rows_) {
    for (const std::uint64_t pattern : patterns_) numbers_[pattern] = 0;
  }
  patterns_.clear();
  blocks_ = false;
  uses_.clear();
  noisy_uses_.clear();
}

void PatternFinder::find(std::size_t number) {
  forget_patterns();
  small_ = groups_[number].positions.size() <= kSmallRows;
  if (by_rows_) {
    find_by_rows(number);
  } else if (regular_ && noisy_ && most_matter()) {
    find_noisy_in_channel(number);
  } else if (regular_ && !noisy_) {
    find_in_channel(number);
  } else {
    find_plainly(number);
  }
  rows_ = std::accumulate(patterns_.begin(), patterns_.end(), std::uint64_t{0}, std::bit_or<>());
}

bool PatternFinder::many_are_wanted() const {
  constexpr std::size_t kFew = 8;  // where it is one of so many, it takes less time to look at these alone
  const auto none = static_cast<std::size_t>(std::count(wanted_.begin(), wanted_.end(), std::uint8_t{0}));
  return kFew * (wanted_.size() - none) > wanted_.size();
}

void PatternFinder::find_plainly(std::size_t number) {
  const Group& group = groups_[number];
  for (window_ = 0; window_ < row_.count; ++window_) {
    std::uint64_t bits[kInputBits] = {};
    bits_of(group, row_.windows + window_ * row_.size, bits);
    for (unsigned bit = 0; bit < kInputBits; ++bit) {
      if (bits[bit] != 0 || !skips_) add_parts(group, bits[bit], bit);
    }
  }
}

/// Without branches on whether a pattern is new: there is no telling.
void PatternFinder::find_in_channel(std::size_t number) {
  const std::size_t groups = groups_.size();
  std::size_t count = 0;
  std::size_t windows = 0;
  for (std::size_t w = 0; w < row_.count; ++w) {
    count += ones_in(wanted_[w * groups + number]);
    windows += wanted_[w * groups + number] != 0 ? 1 : 0;
  }
  if (count == 0) return;
  uses_.resize(windows);
  patterns_.resize(count + 1);
  // Locals: writing numbers might change members.
  PatternUses* uses = uses_.data();
  std::uint64_t* const patterns = patterns_.data();
  std::uint32_t* const numbers = numbers_.data();
  const std::uint8_t* const all_wanted = wanted_.data() + number;
  const std::size_t row_windows = row_.count;
  std::uint32_t found = 0;
  for (std::size_t w = 0; w < row_windows; ++w) {
    unsigned wanted = all_wanted[w * groups];
    if (wanted == 0) continue;
    *uses = {};
    uses->window = static_cast<std::uint32_t>(w);
    const Taps taps = taps_of(groups_[number], row_.windows + w * row_.size);
    for (std::size_t use = 0; wanted != 0; wanted &= wanted - 1, ++use) {
      const auto bit = static_cast<unsigned>(__builtin_ctz(wanted));
      const std::uint64_t pattern = taps.pattern(bit);
      std::uint32_t& seen = numbers[pattern];
      patterns[found] = pattern;
      found += seen == 0 ? 1 : 0;
      seen = seen == 0 ? found : seen;
      uses->patterns[use] = seen - 1;
      uses->factors[use] = static_cast<std::int16_t>(1 << bit);
    }
    ++uses;
  }
  patterns_.resize(found);
}

/// All bits of all windows that are wanted, without branches on anything.
void PatternFinder::find_by_rows(std::size_t number) {
  constexpr std::size_t kFewUses = 16;
  uses_.resize(row_.count);
  const bool two = groups_.front().positions.size() > kWordTaps;
  const std::size_t groups = groups_.size();
  const WindowWords words{wanted_.data() + number, words_.data() + number, two ? 2 * groups : groups, two ? groups : 0,
                          groups};
  uses_.resize(use_all_bits(words, row_.count, uses_.data()));
  // Of few uses, patterns are sooner found one by one, but then they do not ascend.
  uses_.size() <= kFewUses && !lists_blocks_ ? list_used() : list_seen();
}

/// The patterns of uses, each once, but not 0.
void PatternFinder::list_used() {
  patterns_.resize(uses_.size() * kInputBits + 1);
  std::uint64_t* const patterns = patterns_.data();
  std::uint8_t* const seen = seen_.data();
  std::size_t found = 0;
  seen[0] = 1;
  for (const PatternUses& uses : uses_) {
    for (const std::uint32_t pattern : uses.patterns) {
      patterns[found] = pattern;
      found += seen[pattern] == 0 ? 1 : 0;
      seen[pattern] = 1;
    }
  }
  patterns_.resize(found);
  for (const std::uint64_t pattern : patterns_) seen[pattern] = 0;
  seen[0] = 0;
}

/// The same, ascending, or the blocks that they are in.
void PatternFinder::list_seen() {
  constexpr std::uint64_t kToLastByte = 0x0102040810204080;
  constexpr std::uint64_t kFew = 3;  // where more of a block are seen, all of it takes less time than these alone
  std::uint8_t* const seen = seen_.data();  // a local: what is stored might be a member
  for (const PatternUses& uses : uses_) {
    for (const std::uint32_t pattern : uses.patterns) seen[pattern] = 1;
  }
  seen[0] = 0;
  std::uint64_t patterns[kSeenPatterns / 64] = {};  // a bit each
  std::uint64_t blocks = 0;
  std::uint64_t count = 0;
  for (std::size_t block = 0; block < kSeenPatterns / kBlockPatterns; ++block) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, seen + block * kBlockPatterns, sizeof bytes);
    patterns[block / 8] |= (bytes * kToLastByte >> 56) << block % 8 * 8;
    blocks |= std::uint64_t{bytes != 0} << block;
    count += sum_of_bytes(bytes);
  }
  blocks_ = lists_blocks_ && count > kFew * sum_of_bytes(ones_in_bytes(blocks));
  blocks_ ? list_bits(&blocks, 1, kBlockPatterns) : list_bits(patterns, std::size(patterns), 1);
  std::fill_n(seen, kSeenPatterns, std::uint8_t{0});
}

/// Of each bit that is 1, its number times `step`.
void PatternFinder::list_bits(const std::uint64_t* words, std::size_t count, std::size_t step) {
  patterns_.resize(64 * count);
  std::uint64_t* const patterns = patterns_.data();
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::uint64_t bits = words[i]; bits != 0; bits &= bits - 1) {
      patterns[found++] = (64 * i + static_cast<unsigned>(__builtin_ctzll(bits))) * step;
    }
  }
  patterns_.resize(found);
}

void PatternFinder::find_noisy_in_channel(std::size_t number) {
  for (std::size_t w = 0; w < row_.count; ++w) {
    unsigned wanted = wanted_[w * groups_.size() + number];
    if (wanted == 0) continue;
    const Taps taps = taps_in_words(w, number);
    for (; wanted != 0; wanted &= wanted - 1) {
      const auto bit = static_cast<unsigned>(__builtin_ctz(wanted));
      noisy_uses_.push_back({taps.pattern(bit), keys_[w * kInputBits + bit], bit, static_cast<std::uint32_t>(w)});
    }
  }
}

PatternFinder::Taps PatternFinder::taps_in_words(std::size_t window, std::size_t group) const {
  const std::size_t groups = groups_.size();
  if (groups_.front().positions.size() <= kWordTaps) return {words_[window * groups + group], 0};
  const std::uint64_t* const word = &words_[2 * window * groups + group];
  return {word[0], word[groups]};
}

PatternFinder::Taps PatternFinder::taps_of(const Group& group, const std::uint8_t* window) {
  Taps taps;
  for (std::size_t tap = 0; tap < group.positions.size(); ++tap) {
    std::uint64_t& word = tap < kWordTaps ? taps.low : taps.high;
    word |= std::uint64_t{window[group.positions[tap]]} << (8 * (tap % kWordTaps));
  }
  return {transpose_bits(taps.low), transpose_bits(taps.high)};
}

void PatternFinder::bits_of(const Group& group, const std::uint8_t* window, std::uint64_t* patterns) const {
  const std::size_t rows = group.positions.size();
  for (std::size_t first = 0; first < rows; first += 8) {
    std::uint64_t bytes = 0;
    const std::size_t end = std::min(rows, first + 8);
    for (std::size_t row = first; row < end; ++row) {
      bytes |= std::uint64_t{window[group.positions[row]]} << (8 * (row - first));
    }
    if (bytes == 0) continue;
    bytes = transpose_bits(bytes);
    for (unsigned bit = 0; bit < kInputBits; ++bit) patterns[bit] |= ((bytes >> (8 * bit)) & 0xFFU) << first;
  }
}

void PatternFinder::add_parts(const Group& group, std::uint64_t pattern, unsigned bit) {
  std::size_t part = 0;
  for (const std::uint64_t rows : group.parts) add(pattern & rows, bit, part++);
  if (!group.parts.empty()) return;
  for (std::uint64_t rest = pattern; rest != 0; ++part) {
    const std::uint64_t rows = lowest_rows(rest, part_rows_);
    add(rows, bit, part);
    rest ^= rows;
  }
}

void PatternFinder::add(std::uint64_t pattern, unsigned bit, std::size_t part) {
  if (least_rows_ > 0 && static_cast<unsigned>(__builtin_popcountll(pattern)) < least_rows_) return;
  if (noisy_) {
    const std::uint64_t key = ConversionNoise::activation_key(row_.keys[window_], bit, part);
    noisy_uses_.push_back({pattern, key, bit, static_cast<std::uint32_t>(window_)});
  } else {
    add_use(number_of(pattern), bit);
  }
}

void PatternFinder::add_use(std::uint32_t number, unsigned bit) {
  if (uses_.empty() || uses_.back().window != window_ || uses_of_last_ == PatternUses::kMost) {
    uses_.emplace_back();
    uses_.back().window = static_cast<std::uint32_t>(window_);
    uses_of_last_ = 0;
  }
  uses_.back().patterns[uses_of_last_] = number;
  uses_.back().factors[uses_of_last_] = static_cast<std::int16_t>(1 << bit);
  ++uses_of_last_;
}

std::uint32_t PatternFinder::number_of(std::uint64_t pattern) {
  if (!small_) return new_pattern(pattern);
  std::uint32_t& number = numbers_[pattern];
  if (number == 0) number = new_pattern(pattern) + 1;
  return number - 1;
}

std::uint32_t PatternFinder::new_pattern(std::uint64_t pattern) {
  patterns_.push_back(pattern);
  return static_cast<std::uint32_t>(patterns_.size() - 1);
}

}  // namespace reprise
