#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "tlm/filter_unit.h"

using namespace reprise;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// Taps lie apart by the channels of the group.
Bytes filtered(const InputFilter& filter, int groups, int channels, int taps, Bytes window) {
  ConvolutionLayer convolution;
  convolution.groups = groups;
  convolution.window.kernel_height = taps;
  FilterUnit unit(filter, convolution, groups * channels);
  unit.apply(window.data());
  return window;
}

int bit_length(int value) {
  int bits = 0;
  for (; value != 0; value /= 2) ++bits;
  return bits;
}

/// Block by block in the order of the im2col rows, with divisions.
Bytes expected(const InputFilter& filter, int groups, int channels, int taps, Bytes window) {
  for (int group = 0; group < groups; ++group) {
    for (int first = 0; first < channels * taps; first += filter.block_rows) {
      std::vector<std::uint8_t*> block;
      for (int row = first; row < std::min(channels * taps, first + filter.block_rows); ++row) {
        block.push_back(&window[static_cast<std::size_t>((group * taps + row % taps) * channels + row / taps)]);
      }
      int sum = 0;
      int largest = 0;
      for (const std::uint8_t* value : block) {
        sum += *value;
        largest = std::max(largest, int{*value});
      }
      const int step = 1 << std::max(0, bit_length(largest) - filter.planes);
      for (std::uint8_t* value : block) {
        *value = sum < filter.least_sum ? std::uint8_t{0} : static_cast<std::uint8_t>(*value / step * step);
      }
    }
  }
  return window;
}

}  // namespace

TEST_CASE("a filter whose blocks are channels, by hand") {
  // Two channels of three taps: 5 1 2 and 9 130 7.
  CHECK(filtered({3, 8, 2}, 1, 2, 3, {5, 9, 1, 130, 2, 7}) == Bytes{4, 0, 0, 128, 2, 0});
  CHECK(filtered({3, 9, 8}, 1, 2, 3, {5, 9, 1, 130, 2, 7}) == Bytes{0, 9, 0, 130, 0, 7});
}

TEST_CASE("a block's sum may need all its bits") {
  for (const int taps : {256, 257, 258}) {  // up to where 16 bits hold it, and more
    const int sum = 255 * taps;
    for (const std::size_t channels : {1U, 16U}) {  // alone, and side by side
      const Bytes windows(static_cast<std::size_t>(taps) * channels, 255);
      const auto all = [&](int least) {
        return filtered({taps, least, 8}, 1, static_cast<int>(channels), taps, windows);
      };
      CHECK(all(sum) == windows);
      CHECK(all(sum + 1) == Bytes(windows.size()));
      CHECK(all(16777215) == Bytes(windows.size()));
    }
  }
  const Bytes window(65536, 255);
  CHECK(filtered({65536, 65536 * 255, 3}, 1, 65536, 1, window) == Bytes(window.size(), 0xE0));
  CHECK(filtered({65536, 65536 * 255 + 1, 3}, 1, 65536, 1, window) == Bytes(window.size()));
}

TEST_CASE("random windows are filtered as blocks of im2col rows") {
  constexpr unsigned kSeed = 815;
  std::mt19937 random(kSeed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  for (int i = 0; i < 20000; ++i) {
    INFO("seed " << kSeed << " case " << i);
    const int groups = pick(1, 3);
    const int channels = pick(0, 3) == 0 ? 16 * pick(1, 3) : pick(1, 20);
    const int taps = pick(1, 12);
    InputFilter filter;
    filter.block_rows = pick(0, 1) == 0 ? taps : pick(1, channels * taps + 3);
    filter.planes = pick(1, 8);
    const int mask = pick(0, 255);
    Bytes window(static_cast<std::size_t>(groups * channels * taps));
    for (std::uint8_t& value : window) {
      value = static_cast<std::uint8_t>(pick(0, 2) == 0 ? pick(0, 255) & mask : pick(0, 3));
    }
    filter.least_sum = pick(0, std::min(filter.block_rows, channels * taps) * (mask + 9) / 3);
    REQUIRE(filtered(filter, groups, channels, taps, window) == expected(filter, groups, channels, taps, window));
  }
}
