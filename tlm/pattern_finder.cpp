#include "tlm/pattern_finder.h"

#include <algorithm>

#include "tlm/converter.h"

namespace reprise {
namespace {

constexpr unsigned kInputBits = 8;
constexpr std::size_t kSmallRows = 16;

/// Byte b of the result holds bit b of the eight bytes.
std::uint64_t transpose(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAU;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCU;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0U;
  return x ^ t ^ (t << 28);
}

std::uint64_t lowest_rows(std::uint64_t pattern, unsigned count) {
  std::uint64_t rest = pattern;
  for (; count > 0 && rest != 0; --count) rest &= rest - 1;
  return pattern ^ rest;
}

}  // namespace

PatternFinder::PatternFinder(const ConversionRequest& request, unsigned least_rows)
    : part_rows_(static_cast<unsigned>(request.image.geometry.unit_rows)),
      skips_(request.skips),
      least_rows_(least_rows),
      noisy_(request.adc.noise.has_value()),
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
}

void PatternFinder::find(std::size_t number, const WindowRow& row) {
  for (const std::uint64_t pattern : patterns_) {
    if (small_ && !noisy_) numbers_[pattern] = 0;
  }
  patterns_.clear();
  keys_.clear();
  uses_.clear();
  window_starts_.assign(1, 0);
  const Group& group = groups_[number];
  small_ = group.positions.size() <= kSmallRows;
  for (std::size_t w = 0; w < row.count; ++w) {
    if (noisy_) window_key_ = row.keys[w];
    std::uint64_t bits[kInputBits] = {};
    bits_of(group, row.windows + w * row.size, bits);
    for (unsigned bit = 0; bit < kInputBits; ++bit) {
      if (bits[bit] != 0 || !skips_) add_parts(group, bits[bit], bit);
    }
    window_starts_.push_back(uses_.size());
  }
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
    bytes = transpose(bytes);
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
  if (static_cast<unsigned>(__builtin_popcountll(pattern)) < least_rows_) return;
  uses_.push_back({number_of(pattern), bit});
  if (noisy_) keys_.push_back(ConversionNoise::activation_key(window_key_, bit, part));
}

std::uint32_t PatternFinder::number_of(std::uint64_t pattern) {
  if (!small_ || noisy_) return new_pattern(pattern);
  std::uint32_t& number = numbers_[pattern];
  if (number == 0) number = new_pattern(pattern) + 1;
  return number - 1;
}

std::uint32_t PatternFinder::new_pattern(std::uint64_t pattern) {
  patterns_.push_back(pattern);
  return static_cast<std::uint32_t>(patterns_.size() - 1);
}

}  // namespace reprise
