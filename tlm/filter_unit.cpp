#include "tlm/filter_unit.h"

#include <algorithm>
#include <cstring>

#include "support/vector_clones.h"
#include "tlm/effective_weights.h"

namespace reprise {
namespace {

constexpr std::size_t kMostTaps = 256;
constexpr std::uint32_t kLargestSum = kMostTaps * 255;  // and one more is a 16-bit number

constexpr std::size_t kLanes = 16;
using ByteLanes = std::uint8_t __attribute__((vector_size(kLanes)));  // loops over arrays became worse code
using WordLanes = std::uint16_t __attribute__((vector_size(2 * kLanes)));

/// Copies at most kLanes bytes; all of them, as most are, in one instruction.
inline void copy_lanes(void* to, const void* from, std::size_t lanes) {
  lanes == kLanes ? std::memcpy(to, from, kLanes) : std::memcpy(to, from, lanes);
}

/// The filter of at most kLanes channels at once, values[tap * pitch + channel].
REPRISE_VECTOR_CLONES void filter_lanes(std::uint8_t* values, std::size_t lanes, std::size_t taps, std::size_t pitch,
                                        std::uint32_t least_sum, int planes) {
  ByteLanes row{};
  ByteLanes any{};
  WordLanes sums{};
  for (std::size_t tap = 0; tap < taps; ++tap) {
    copy_lanes(&row, values + tap * pitch, lanes);
    any |= row;
    sums += __builtin_convertvector(row, WordLanes);
  }
  const auto least = static_cast<std::uint16_t>(std::min(least_sum, kLargestSum + 1));
  ByteLanes kept = reinterpret_cast<ByteLanes>(__builtin_convertvector(sums >= least, ByteLanes));
  for (int plane = planes; plane < 8; ++plane) {  // the planes that remain reach up to the leading bit
    const auto bit = static_cast<std::uint8_t>(1 << plane);
    const auto reached = reinterpret_cast<ByteLanes>(any >= bit);
    kept += kept & reached;
  }
  for (std::size_t tap = 0; tap < taps; ++tap) {
    copy_lanes(&row, values + tap * pitch, lanes);
    row &= kept;
    copy_lanes(values + tap * pitch, &row, lanes);
  }
}

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
      planes_(filter.planes),
      kept_(kept_by_bits(filter.planes)) {
  if (blocks_are_channels_) return;
  const auto rows = static_cast<std::uint32_t>(taps_ * channels_);
  for (std::uint32_t row = 0; row < rows * groups_; ++row) {
    if (row % rows % static_cast<std::uint32_t>(filter.block_rows) == 0) block_starts_.push_back(row);
    positions_.push_back(static_cast<std::uint32_t>(gathered_position(row, convolution, input_channels)));
  }
  block_starts_.push_back(static_cast<std::uint32_t>(positions_.size()));
}

void FilterUnit::apply(std::uint8_t* window) const {
  if (!blocks_are_channels_) return filter_blocks(window);
  for (std::size_t group = 0; group < groups_; ++group) filter_channels(window + group * taps_ * channels_);
}

void FilterUnit::filter_channels(std::uint8_t* values) const {
  for (std::size_t first = 0; first < channels_; first += kLanes) {
    filter_lanes(values + first, std::min(kLanes, channels_ - first), taps_, channels_, least_sum_, planes_);
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
