#include "tlm/filter_unit.h"

#include <algorithm>

#include "tlm/effective_weights.h"

namespace reprise {
namespace {

constexpr std::size_t kMostTaps = 257;  // 257 * 255 is the largest 16-bit number

std::array<std::uint8_t, 256> kept_by_bits(int planes) {
  std::array<std::uint8_t, 256> kept{};
  for (unsigned any = 0; any < 256; ++any) {
    unsigned dropped = 0;
    while ((any >> dropped >> planes) != 0) ++dropped;
    kept[any] = static_cast<std::uint8_t>(0xFFU << dropped);
  }
  return kept;
}

}  // namespace

FilterUnit::FilterUnit(const InputFilter& filter, const ConvolutionLayer& convolution, int input_channels)
    : least_sum_(static_cast<std::uint32_t>(filter.least_sum)),
      groups_(static_cast<std::size_t>(convolution.groups)),
      taps_(static_cast<std::size_t>(convolution.window.area())),
      channels_(static_cast<std::size_t>(input_channels) / groups_),
      blocks_are_channels_(filter.block_rows == convolution.window.area() && taps_ <= kMostTaps),
      kept_(kept_by_bits(filter.planes)),
      sums_(channels_),
      bits_(channels_) {
  if (blocks_are_channels_) return;
  const auto rows = static_cast<std::uint32_t>(taps_ * channels_);
  for (std::uint32_t row = 0; row < rows * groups_; ++row) {
    if (row % rows % static_cast<std::uint32_t>(filter.block_rows) == 0) block_starts_.push_back(row);
    positions_.push_back(static_cast<std::uint32_t>(gathered_position(row, convolution, input_channels)));
  }
  block_starts_.push_back(static_cast<std::uint32_t>(positions_.size()));
}

void FilterUnit::apply(std::uint8_t* window) {
  if (!blocks_are_channels_) return filter_blocks(window);
  for (std::size_t group = 0; group < groups_; ++group) filter_channels(window + group * taps_ * channels_);
}

void FilterUnit::filter_channels(std::uint8_t* values) {
  const std::size_t channels = channels_;  // a local: writing bytes might change a member
  std::uint16_t* const sums = sums_.data();
  std::uint8_t* const bits = bits_.data();
  std::fill_n(sums, channels, std::uint16_t{0});
  std::fill_n(bits, channels, std::uint8_t{0});
  for (std::size_t tap = 0; tap < taps_; ++tap) {
    const std::uint8_t* row = values + tap * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      sums[c] = static_cast<std::uint16_t>(sums[c] + row[c]);
      bits[c] |= row[c];
    }
  }
  for (std::size_t c = 0; c < channels; ++c) bits[c] = kept_bits(sums[c], bits[c]);
  for (std::size_t tap = 0; tap < taps_; ++tap) {
    std::uint8_t* row = values + tap * channels;
    for (std::size_t c = 0; c < channels; ++c) row[c] &= bits[c];
  }
}

void FilterUnit::filter_blocks(std::uint8_t* window) const {
  for (std::size_t block = 0; block + 1 < block_starts_.size(); ++block) {
    const std::uint32_t* const begin = positions_.data() + block_starts_[block];
    const std::uint32_t* const end = positions_.data() + block_starts_[block + 1];
    std::uint32_t sum = 0;
    std::uint8_t any = 0;
    for (const std::uint32_t* p = begin; p != end; ++p) {
      sum += window[*p];
      any |= window[*p];
    }
    const std::uint8_t kept = kept_bits(sum, any);
    if (kept == 0xFF) continue;
    for (const std::uint32_t* p = begin; p != end; ++p) window[*p] &= kept;
  }
}

}  // namespace reprise
