#include "tlm/activity_counter.h"

#include <algorithm>
#include <bitset>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <vector>

using namespace reprise;

namespace {

std::size_t random_size(std::mt19937& random, std::size_t least, std::size_t most) {
  return std::uniform_int_distribution<std::size_t>(least, most)(random);
}

/// Row groups of 1 to 9 rows, of some rows of a window.
LayerMapping random_mapping(std::mt19937& random, std::size_t window_rows) {
  LayerMapping mapping;
  mapping.rows.resize(window_rows);
  std::iota(mapping.rows.begin(), mapping.rows.end(), 0U);
  std::shuffle(mapping.rows.begin(), mapping.rows.end(), random);
  mapping.rows.resize(random_size(random, 1, window_rows));
  mapping.row_group_starts = {0};
  while (mapping.row_group_starts.back() < mapping.rows.size()) {
    const std::size_t rows = std::min(random_size(random, 1, 9), mapping.rows.size() - mapping.row_group_starts.back());
    mapping.row_group_starts.push_back(mapping.row_group_starts.back() + static_cast<std::uint32_t>(rows));
  }
  return mapping;
}

/// Half of them are zero, others have few bits.
std::vector<std::uint8_t> random_bytes(std::mt19937& random, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random_size(random, 0, 1) *
                                     (random_size(random, 0, 255) & random_size(random, 0, 255)));
  }
  return bytes;
}

unsigned live_bits(const LayerMapping& mapping, std::size_t group, const std::vector<std::uint32_t>& positions,
                   const std::uint8_t* window) {
  std::bitset<8> any;
  for (std::uint32_t i = mapping.row_group_starts[group]; i < mapping.row_group_starts[group + 1]; ++i) {
    any |= window[positions[mapping.rows[i]]];
  }
  return static_cast<unsigned>(any.count());
}

}  // namespace

TEST_CASE("live bits of any row groups, of any number of windows, are those of their rows") {
  std::mt19937 random(7);
  for (int repeat = 0; repeat < 2000; ++repeat) {
    const std::size_t window_rows = random_size(random, 1, 70);
    const LayerMapping mapping = random_mapping(random, window_rows);
    std::vector<std::uint32_t> positions(window_rows);
    std::iota(positions.begin(), positions.end(), 0U);
    std::shuffle(positions.begin(), positions.end(), random);
    ActivityCounter counter(mapping, Geometry{}, positions);
    const std::size_t windows = random_size(random, 1, 40);
    const std::vector<std::uint8_t> bytes = random_bytes(random, windows * window_rows);
    InputActivity activity = counter.activity_of_windows(windows);
    counter.count(bytes.data(), activity);
    std::size_t wrong = 0;
    for (std::size_t window = 0; window < windows; ++window) {
      for (std::size_t group = 0; group < mapping.row_group_count(); ++group) {
        const unsigned expected = live_bits(mapping, group, positions, bytes.data() + window * window_rows);
        wrong += activity.live_bits(window)[group] == expected ? 0 : 1;
      }
    }
    REQUIRE(wrong == 0);
  }
}
