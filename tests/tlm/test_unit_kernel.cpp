#include <catch2/catch.hpp>

#include <random>

#include "tlm/unit_kernel.h"

using namespace reprise;

namespace {

/// The worked example of docs/machine.md, section 2: weights 3, -1, 2 in two's complement for output 1, and the same
/// subtracted from output 0 at shift 1. With a second unit on engine 1: a column of three ones, unsigned, to output 0.
WeightImage example() {
  WeightImage image;
  image.geometry.crossbar_rows = 3;
  image.geometry.crossbar_columns = 8;
  image.geometry.unit_rows = image.geometry.group_rows = 3;
  image.geometry.crossbars_per_engine = 1;
  image.cells = CellArray(image.geometry, 2);
  const int weights[] = {3, -1, 2};
  for (std::size_t row = 0; row < 3; ++row) {
    image.cells.set(1, row, 0);
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (((weights[row] >> bit) & 1) != 0) image.cells.set(0, row, bit);
    }
  }
  LayerMapping mapping;
  mapping.rows = {0, 2, 1};
  mapping.row_group_starts = {0, 3};
  mapping.units = {{0, 0, 0, 0, 8, 8, true, 0}, {0, 1, 0, 0, 1, 1, false, 2}};
  mapping.entries = {{1, 0, 0, false}, {0, 0, 1, true}, {0, 0, 0, false}};
  mapping.engines = {{0, 0, 1}, {1, 1, 1}};
  mapping.initial_sums = {0, 0};
  image.mappings = {mapping};
  return image;
}

using Sums = std::vector<std::int32_t>;

Sums sums_of(const WeightImage& image, const AdcConfig& adc, const std::vector<std::uint8_t>& rows,
             const std::set<int>& elsewhere = {}) {
  Sums sums(2);
  const Converter converter(adc, image.geometry.unit_rows, 1);
  UnitKernel(image, image.mappings[0], converter, nullptr, elsewhere, true).add(rows.data(), 0, sums.data());
  return sums;
}

}  // namespace

TEST_CASE("unit kernel: the worked example, lossless and clamped") {
  const WeightImage image = example();
  // Inputs 5, 1, 4 in the order of the row group: im2col rows 0, 2, 1.
  const std::vector<std::uint8_t> rows{5, 4, 1};
  CHECK(sums_of(image, {AdcKind::linear, 2}, rows) == Sums{-44 + 10, 22});
  CHECK(sums_of(image, {AdcKind::ideal, 1}, rows) == Sums{-44 + 10, 22});
  // One bit: codes 1 1 1 1 1 1 1 1 of input bit 0 are -1, codes 1 1 0 ... of bit 2 are 3: -1 + 12. The ones: 1 + 4.
  CHECK(sums_of(image, {AdcKind::linear, 1}, rows) == Sums{-22 + 5, 11});
}

TEST_CASE("unit kernel: parts of formed units are converted one by one") {
  WeightImage image = example();
  image.geometry.unit_rows = 2;
  const AdcConfig one_bit{AdcKind::linear, 1};
  const std::set<int> first{0};
  CHECK(sums_of(image, one_bit, {1, 1, 1}, first) == Sums{2, 0});  // two rows, then one: codes 1 and 1
  CHECK(sums_of(image, one_bit, {1, 1, 0}, first) == Sums{1, 0});  // the two rows that are on, in one part
  Sums all(2);
  const std::vector<std::uint8_t> rows{1, 1, 0};  // in the order of the row group 1 0 1
  const Converter converter(one_bit, 2, 1);
  UnitKernel(image, image.mappings[0], converter, nullptr, first, false).add(rows.data(), 0, all.data());
  CHECK(all == Sums{1 + 1, 0});  // without skipping: rows 1 0, then 1
}

TEST_CASE("unit kernel: engines that are elsewhere add nothing") {
  const WeightImage image = example();
  const std::vector<std::uint8_t> rows{5, 4, 1};
  CHECK(sums_of(image, {AdcKind::ideal, 1}, rows, {1}) == Sums{-44, 22});
  CHECK(sums_of(image, {AdcKind::ideal, 1}, rows, {0}) == Sums{10, 0});
  CHECK(sums_of(image, {AdcKind::ideal, 1}, rows, {0, 1}) == Sums{0, 0});
}

TEST_CASE("unit kernel: a wide unit clamps at its highest code, whatever word its rows are in") {
  WeightImage image;
  image.geometry.crossbar_rows = image.geometry.unit_rows = image.geometry.group_rows = 128;
  image.geometry.crossbar_columns = image.geometry.unit_columns = 1;
  image.cells = CellArray(image.geometry, 1);
  LayerMapping mapping;
  mapping.row_group_starts = {0, 128};
  for (std::uint32_t row = 0; row < 128; ++row) {
    mapping.rows.push_back(row);
    image.cells.set(0, row, 0);
  }
  mapping.units = {{0, 0, 0, 0, 1, 1, true, 0}};
  mapping.entries = {{0, 0, 3, false}};
  mapping.engines = {{0, 0, 1}};
  mapping.initial_sums = {0};
  image.mappings = {mapping};
  for (int on = 0; on <= 128; on += 8) {
    std::vector<std::uint8_t> rows(128);
    for (int row = 0; row < on; ++row) rows[static_cast<std::size_t>(127 - row)] = 0x80;
    CHECK(sums_of(image, {AdcKind::linear, 6}, rows)[0] == -1024 * std::min(on, 63));
  }
}
