#include <sys/resource.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "compression/image/image_check.h"
#include "compression/image/image_file.h"
#include "compression/image/storage.h"
#include "compression/image/weight_decoder.h"
#include "support/error.h"
#include "tests/image/random_image.h"
#include "tests/support/temporary_folder.h"

namespace reprise::test {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

/// [row][output].
std::vector<std::int16_t> decoded(const WeightImage& image, const LayerMapping& mapping) {
  std::vector<std::int16_t> all;
  decode_weights(image, mapping, [&](const DecodedWeights& weights) {
    CHECK(weights.first_row * weights.outputs == all.size());
    CHECK(weights.rows * weights.outputs == weights.values.size());
    all.insert(all.end(), weights.values.begin(), weights.values.end());
  });
  return all;
}

/// [output][row].
std::vector<std::int8_t> decoded_by_output(const WeightImage& image, const LayerMapping& mapping) {
  const std::vector<std::int16_t> weights = decoded(image, mapping);
  const std::size_t outputs = mapping.initial_sums.size();
  std::vector<std::int8_t> result;
  for (std::size_t output = 0; output < outputs; ++output) {
    for (std::size_t i = output; i < weights.size(); i += outputs) {
      result.push_back(static_cast<std::int8_t>(weights[i]));
    }
  }
  return result;
}

TEST_CASE("Random images survive writing and reading") {
  const TemporaryFolder folder;
  std::array<int, 9> kinds{};
  int filters = 0;
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    const WeightImage image = random_image(seed);
    for (const Layer& layer : image.network.layers) {
      ++kinds.at(layer.operation.index());
      const auto* convolution = std::get_if<ConvolutionLayer>(&layer.operation);
      if (convolution != nullptr && convolution->filter) ++filters;
    }
    const auto path = folder.path() / "image.h5";
    write_image(path, image);
    const WeightImage again = read_image(path);
    CHECK(first_difference(image, again).empty());
    if (seed % 10 == 0) {
      write_image(folder.path() / "again.h5", again);
      CHECK(content_of(path) == content_of(folder.path() / "again.h5"));
    }
  }
  for (const int count : kinds) CHECK(count > 100);
  CHECK(filters > 50);
}

TEST_CASE("The cells of random images hold the weights they were made from") {
  int checked = 0;
  for (std::uint32_t seed = 1000; seed < 3000; ++seed) {
    INFO("seed " << seed);
    const WeightImage image = random_image(seed);
    CHECK_NOTHROW(check_image(image));
    if (image.reference_weights.empty()) continue;
    for (const LayerMapping& mapping : image.mappings) {
      const auto& weights = image.reference_weights[static_cast<std::size_t>(mapping.layer)];
      CHECK(decoded_by_output(image, mapping) == weights);
      ++checked;
    }
  }
  CHECK(checked > 2000);
}

TEST_CASE("Cells that add up to what 16 bits do not hold are found") {
  WeightImage image = tiny_image();
  LayerMapping& mapping = image.mappings[0];
  REQUIRE(mapping.units.size() == 1);
  const ScatterEntry entry{0, 0, 7, false};  // 3 and -1, times 128
  mapping.entries.assign(85, entry);
  CHECK(decoded(image, mapping).front() == 85 * 3 * 128);
  mapping.entries.push_back(entry);
  CHECK_THROWS_WITH(decoded(image, mapping), Catch::Contains("16 bits"));
}

TEST_CASE("Whole bytes that add up to what 16 bits do not hold are found") {
  WeightImage image = tiny_image();
  LayerMapping& mapping = image.mappings[0];
  REQUIRE(mapping.units.size() == 1);
  OperationUnit unit = mapping.units[0];
  const std::size_t line = (unit.crossbar * std::size_t{128} + unit.wordline) * 16;
  image.cells.bytes()[line + unit.bitline / 8U] = 0x80;  // the weight -128
  mapping.entries.assign(257, {1, 0, 0, false});
  const auto decode_times = [&](std::uint32_t times) {
    mapping.units.clear();
    for (unit.first_entry = 0; unit.first_entry < times; ++unit.first_entry) mapping.units.push_back(unit);
    mapping.entries.resize(times);
    return decoded(image, mapping)[1];
  };
  CHECK_THROWS_WITH(decode_times(257), Catch::Contains("16 bits"));
  CHECK(decode_times(256) == -32768);
}

TEST_CASE("The example of the documentation: weights, storage, user block") {
  const TemporaryFolder folder;
  const WeightImage image = tiny_image();
  CHECK(decoded_by_output(image, image.mappings[0]) == std::vector<std::int8_t>{3, -1, 3, -1});
  const Storage storage = count_storage(image, image.mappings[0]);
  CHECK(storage.dense_cells == 32);
  CHECK(storage.cells == 16);
  CHECK(storage.table_bits == 4);
  CHECK(storage.index_bits == 1);

  const auto path = folder.path() / "tiny.h5";
  write_image(path, image);
  const std::string content = content_of(path);
  CHECK(content.rfind("Reprise weight image\nversion 2\nbytes " + std::to_string(content.size() - 512) + "\nxxh3_128 ",
                      0) == 0);
  CHECK(content.substr(512, 4) == "\x89HDF");
  CHECK(first_difference(image, read_image(path)).empty());
}

TEST_CASE("A file appears whole or not at all") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "image.h5";
  write_image(path, tiny_image());
  const std::string before = content_of(path);

  WeightImage wrong = tiny_image();
  wrong.mappings[0].initial_sums[0] = 81;
  CHECK_THROWS_AS(write_image(path, wrong), std::logic_error);
  CHECK(content_of(path) == before);
  CHECK(files_in(folder.path()) == 1);

  CHECK_THROWS_AS(write_image(folder.path(), tiny_image()), InputError);
  CHECK_THROWS_WITH(write_image(folder.path() / "none" / "image.h5", tiny_image()),
                    Catch::Contains("none/image.h5: cannot be written: No such file or directory"));
  CHECK_THROWS_AS(write_image("/proc/image.h5", tiny_image()), InputError);
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("A file that cannot grow any more leaves nothing behind") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "image.h5";
  write_image(folder.path() / "whole.h5", tiny_image());
  const auto size = static_cast<rlim_t>(std::filesystem::file_size(folder.path() / "whole.h5"));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlim_t before = limit.rlim_cur;
  for (rlim_t i = 0; i < 40; ++i) {
    limit.rlim_cur = i * (size - 1) / 39;
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string error;
    try {
      write_image(path, tiny_image());
    } catch (const InputError& caught) {
      error = caught.what();
    }
    limit.rlim_cur = before;
    setrlimit(RLIMIT_FSIZE, &limit);
    CHECK_THAT(error, Catch::StartsWith(path.string() + ": cannot be written"));
    CHECK(files_in(folder.path()) == 1);
  }
  write_image(path, tiny_image());
  CHECK(first_difference(read_image(path), tiny_image()).empty());
}

TEST_CASE("Cells are read one at a time and up to eight at once") {
  Geometry geometry;
  geometry.crossbar_columns = 21;
  CellArray cells(geometry, 2);
  for (std::size_t bitline = 0; bitline < 21; bitline += 1 + bitline % 3) cells.set(1, 127, bitline);
  for (std::size_t bitline = 0; bitline < 21; ++bitline) {
    for (std::size_t count = 1; count <= 8 && bitline + count <= 21; ++count) {
      const unsigned bits = cells.bits(1, 127, bitline, count);
      for (std::size_t j = 0; j < count; ++j) CHECK(((bits >> j) & 1U) == (cells.get(1, 127, bitline + j) ? 1U : 0U));
      CHECK(bits >> count == 0);
    }
  }
}

TEST_CASE("Writing replaces a file") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "image.h5";
  write_image(path, random_image(1));
  write_image(path, tiny_image());
  CHECK(read_image(path).network.name == "tiny");
  CHECK(files_in(folder.path()) == 1);
}

}  // namespace
}  // namespace reprise::test
