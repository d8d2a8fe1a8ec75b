#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "compression/datasets/dataset.h"
#include "support/error.h"
#include "tests/support/temporary_folder.h"

namespace reprise {
namespace {

using test::TemporaryFolder;

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string idx(const std::vector<std::uint32_t>& shape, const std::string& data) {
  std::string text("\0\0\x08", 3);
  text += static_cast<char>(shape.size());
  for (const std::uint32_t extent : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(extent >> shift & 255U);
  }
  return text + data;
}

std::string npy(const std::string& type, const std::string& shape, const std::string& data, int version = 1,
                const std::string& fortran = "False") {
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + fortran + ", 'shape': (" + shape + "), }\n";
  std::string text = "\x93NUMPY";
  text += static_cast<char>(version);
  text += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) text += static_cast<char>(header.size() >> (8 * i) & 255U);
  return text + header + data;
}

std::string gzip(const TemporaryFolder& folder, const std::string& name, const std::string& content) {
  const std::string path = (folder.path() / name).string();
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
  return path;
}

std::string counting(std::size_t count, int first = 0) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(first + static_cast<int>(i));
  return bytes;
}

DatasetConfig config_of(DatasetFormat format, const std::string& images) {
  DatasetConfig config;
  config.format = format;
  config.images = images;
  return config;
}

/// The image as stored where real = value.
std::vector<int> values_of(const Dataset& data, std::size_t image) {
  const std::vector<std::uint8_t> stored = data.quantised(image, Preprocessing(), Quantisation());
  return {stored.begin(), stored.end()};
}

std::string fault_of(const DatasetConfig& config) {
  try {
    load_dataset(config);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no fault";
}

TEST_CASE("IDX images, plain and gzipped, with labels") {
  const TemporaryFolder folder;
  const std::string content = idx({3, 2, 2}, counting(12));
  for (const std::string& path : {folder.file("i", content), gzip(folder, "i.gz", content)}) {
    DatasetConfig config = config_of(DatasetFormat::idx, path);
    config.labels = folder.file("l", idx({3}, counting(3, 7)));
    const Dataset data = load_dataset(config);
    REQUIRE(data.size() == 3);
    CHECK(data.shape() == Shape{1, 2, 2});
    CHECK(values_of(data, 2) == std::vector<int>{8, 9, 10, 11});
    CHECK(data.label(0) == 7);
    CHECK(data.label(2) == 9);

    config.first = 1;
    config.count = 1;
    const Dataset part = load_dataset(config);
    REQUIRE(part.size() == 1);
    CHECK(values_of(part, 0) == std::vector<int>{4, 5, 6, 7});
    CHECK(part.label(0) == 8);
  }
}

TEST_CASE("CIFAR-10 records") {
  const TemporaryFolder folder;
  std::string content;
  for (const char label : {'\x03', '\x09', '\0'})
    content += label + std::string(1024, 'R') + std::string(1024, 'G') + std::string(1024, label);
  DatasetConfig config = config_of(DatasetFormat::cifar10, folder.file("c.bin", content));
  config.first = 1;
  const Dataset data = load_dataset(config);
  REQUIRE(data.size() == 2);
  CHECK(data.shape() == Shape{3, 32, 32});
  CHECK(data.label(0) == 9);
  CHECK(data.label(1) == 0);
  CHECK(values_of(data, 0)[1023] == 'R');
  CHECK(values_of(data, 0)[1024] == 'G');
  CHECK(values_of(data, 0)[2048] == 9);
  Preprocessing bgr;
  bgr.reverse_channels = true;
  CHECK(data.quantised(0, bgr, Quantisation())[0] == 9);
}

TEST_CASE("layouts: channels first and last, NPY and raw") {
  const TemporaryFolder folder;
  // One image of two channels, one row, three columns.
  const std::vector<int> as_stored{0, 1, 2, 3, 4, 5};
  const std::vector<int> separated{0, 2, 4, 1, 3, 5};
  DatasetConfig config = config_of(DatasetFormat::npy, folder.file("a.npy", npy("|u1", "1, 2, 1, 3", counting(6))));
  CHECK(load_dataset(config).shape() == Shape{2, 1, 3});
  CHECK(values_of(load_dataset(config), 0) == as_stored);
  config.images = folder.file("b.npy", npy("|u1", "1, 1, 3, 2", counting(6)));
  config.layout = DatasetLayout::nhwc;
  CHECK(load_dataset(config).shape() == Shape{2, 1, 3});
  CHECK(values_of(load_dataset(config), 0) == separated);

  DatasetConfig raw = config_of(DatasetFormat::raw, folder.file("a.u8", counting(6)));
  raw.channels = 2;
  raw.height = 1;
  raw.width = 3;
  CHECK(values_of(load_dataset(raw), 0) == separated);
  raw.layout = DatasetLayout::nchw;
  CHECK(values_of(load_dataset(raw), 0) == as_stored);
}

TEST_CASE("NPY types and versions") {
  const TemporaryFolder folder;
  for (const int version : {1, 2, 3}) {
    const std::vector<float> singles{0.5F, -1.0F, 2.0F, 1e30F};
    const std::vector<double> doubles(singles.begin(), singles.end());
    for (const std::string& content :
         {npy("<f4", "2, 1, 2", bytes_of(singles), version), npy("<f8", "2, 1, 2", bytes_of(doubles), version)}) {
      const Dataset data = load_dataset(config_of(DatasetFormat::npy, folder.file("f.npy", content)));
      REQUIRE(data.size() == 2);
      CHECK_FALSE(data.has_labels());
      CHECK(data.preprocessed(0, Preprocessing()) == std::vector<float>{0.5F, -1.0F});
      CHECK(data.preprocessed(1, Preprocessing()) == std::vector<float>{2.0F, 1e30F});
      CHECK(data.quantised(1, Preprocessing(), Quantisation()) == std::vector<std::uint8_t>{2, 255});
    }
  }
}

TEST_CASE("labels as NPY of every integer type, and as text") {
  const TemporaryFolder folder;
  DatasetConfig config = config_of(DatasetFormat::idx, folder.file("i", idx({2, 1, 1}, counting(2))));
  const auto check = [&](const std::string& content) {
    config.labels = folder.file("labels", content);
    const Dataset data = load_dataset(config);
    CHECK(data.label(0) == 3);
    CHECK(data.label(1) == 100);
  };
  check(npy("|u1", "2,", bytes_of<std::uint8_t>({3, 100})));
  check(npy("|i1", "2,", bytes_of<std::int8_t>({3, 100})));
  check(npy("<i2", "2,", bytes_of<std::int16_t>({3, 100})));
  check(npy("<u4", "2,", bytes_of<std::uint32_t>({3, 100})));
  check(npy("<i8", "2,", bytes_of<std::int64_t>({3, 100})));
  check("3 n01443537_goldfish\r\n100\n");
  check("3,a\n  100;b\n\n");
  for (const std::string& content :
       {npy("|i1", "2,", bytes_of<std::int8_t>({3, -1})), npy("<i8", "2,", bytes_of<std::int64_t>({3, -1})),
        npy("<u8", "2,", bytes_of<std::uint64_t>({3, 1ULL << 40})), npy("<f4", "2,", bytes_of<float>({3, 4})),
        npy("<i4", "2, 1", bytes_of<std::int32_t>({3, 4})), idx({3}, counting(3)), idx({2}, counting(1)),
        std::string("3\n-4\n"), std::string("3\n\n4\n"), std::string("3\nx\n"), std::string("3\n4x\n"),
        std::string("3\n99999999999\n"), std::string("3\n"), std::string("3\n4\n5\n"), std::string()}) {
    config.labels = folder.file("bad", content);
    INFO(fault_of(config));
    CHECK_THAT(fault_of(config), Catch::StartsWith(*config.labels + ": "));
  }
}

TEST_CASE("every malformed file is named with its fault") {
  const TemporaryFolder folder;
  int number = 0;
  const auto fault = [&](DatasetFormat format, const std::string& content, const std::string& suffix = "") {
    const std::string path = folder.file(std::to_string(number++) + suffix, content);
    const std::string message = fault_of(config_of(format, path));
    CHECK_THAT(message, Catch::StartsWith(path + ": "));
    return message;
  };
  using Format = DatasetFormat;
  using Catch::Contains;
  CHECK_THAT(fault(Format::idx, ""), Contains("not an IDX file"));
  CHECK_THAT(fault(Format::idx, "hello, world"), Contains("not an IDX file"));
  CHECK_THAT(fault(Format::idx, std::string("\0\0\x0d\x03", 4) + counting(16)), Contains("IDX type 0x0d"));
  CHECK_THAT(fault(Format::idx, std::string("\0\0\x08\x03", 4)), Contains("truncated: 4 bytes"));
  CHECK_THAT(fault(Format::idx, idx({3, 2, 2}, counting(11))), Contains("truncated: 27 bytes"));
  CHECK_THAT(fault(Format::idx, idx({3, 2, 2}, counting(13))), Contains("29 bytes, its header says 28"));
  CHECK_THAT(fault(Format::idx, idx({~0U, ~0U, ~0U}, counting(13))), Contains("truncated"));
  CHECK_THAT(fault(Format::idx, idx({3, 0, 2}, "")), Contains("a dimension is 0"));
  CHECK_THAT(fault(Format::idx, idx({12}, counting(12))), Contains("1 dimensions, expected 3 or 4"));
  CHECK_THAT(fault(Format::idx, idx({1, 70000, 1}, std::string(70000, 'x'))), Contains("70000 is too large"));
  CHECK_THAT(fault(Format::idx, idx({3, 2, 2}, counting(12)), ".gz"), Contains("not a gzip file"));
  CHECK_THAT(fault(Format::cifar10, ""), Contains("holds no images"));
  CHECK_THAT(fault(Format::cifar10, std::string(3072, 'x')), Contains("3072 bytes, expected a multiple of 3073"));
  CHECK_THAT(fault(Format::cifar10, '\x0a' + std::string(3072, 'x')), Contains("record 0 has label 10"));
  CHECK_THAT(fault(Format::npy, "\x93NUM"), Contains("not an NPY file"));
  CHECK_THAT(fault(Format::npy, "\x93NUMPY"), Contains("truncated"));
  CHECK_THAT(fault(Format::npy, npy("|u1", "1, 2, 2", counting(4), 4)), Contains("NPY version 4"));
  CHECK_THAT(fault(Format::npy, npy(">f4", "1, 2, 2", std::string(16, 'x'))), Contains("NPY type >f4"));
  CHECK_THAT(fault(Format::npy, npy("|u1", "1, 2, 2", counting(4), 1, "True")), Contains("Fortran order"));
  CHECK_THAT(fault(Format::npy, npy("|u1", "1, x, 2", counting(4))), Contains("no valid 'shape'"));
  CHECK_THAT(fault(Format::npy, npy("|u1", "", counting(1))), Contains("a single number"));
  CHECK_THAT(fault(Format::npy, npy("|u1", "1, 2, 2", counting(3))), Contains("truncated"));
  CHECK_THAT(fault(Format::npy, npy("|u1", "999999999999999999, 999999999999999999, 2", counting(3))),
             Contains("truncated"));
  CHECK_THAT(fault(Format::npy, npy("<f4", "1, 1, 1", bytes_of<float>({NAN}))), Contains("no finite"));
  CHECK_THAT(fault(Format::npy, npy("<f8", "1, 1, 1", bytes_of<double>({1e300}))), Contains("no finite"));
  CHECK_THAT(fault_of(config_of(Format::idx, "/none/x")), Contains("/none/x: no such file"));
  CHECK_THAT(fault_of(config_of(Format::idx, folder.path().string())), Contains("is no regular file"));
}

TEST_CASE("one image of so many, and the others") {
  const TemporaryFolder folder;
  DatasetConfig config = config_of(DatasetFormat::idx, folder.file("i", idx({8, 1, 1}, counting(8))));
  config.labels = folder.file("l", idx({8}, counting(8, 10)));
  config.first = 1;
  config.every = 3;  // 1, 4, 7
  const Dataset taken = load_dataset(config);
  REQUIRE(taken.size() == 3);
  CHECK(taken.label(0) == 11);
  CHECK(taken.label(2) == 17);
  CHECK(taken.preprocessed(1, {}) == std::vector<float>{4.0F});
  config.every.reset();
  config.except_every = 3;  // 2, 3, 5, 6
  const Dataset others = load_dataset(config);
  REQUIRE(others.size() == 4);
  CHECK(others.label(0) == 12);
  CHECK(others.preprocessed(3, {}) == std::vector<float>{6.0F});
  config.count = 1;
  CHECK_THROWS_AS(load_dataset(config), InputError);  // none is left
}

TEST_CASE("mirror images follow the images") {
  const TemporaryFolder folder;
  DatasetConfig config;
  config.format = DatasetFormat::raw;
  config.images = folder.file("images.raw", counting(12, 1));
  config.channels = 1;
  config.height = 2;
  config.width = 3;
  config.labels = folder.file("labels.txt", "4\n9\n");
  config.mirror = true;
  const Dataset images = load_dataset(config);
  REQUIRE(images.size() == 4);
  CHECK(images.preprocessed(0, {}) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(images.preprocessed(1, {}) == std::vector<float>{3, 2, 1, 6, 5, 4});
  CHECK(images.preprocessed(3, {}) == std::vector<float>{9, 8, 7, 12, 11, 10});
  CHECK(images.label(1) == 4);
  CHECK(images.label(2) == 9);
}

TEST_CASE("damaged gzip files are refused") {
  const TemporaryFolder folder;
  const std::string path = gzip(folder, "i.gz", idx({10, 10, 10}, counting(1000)));
  std::ifstream in(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length << " bytes");
    CHECK(fault_of(config_of(DatasetFormat::idx, folder.file("cut.gz", whole.substr(0, length)))) != "no fault");
  }
}

TEST_CASE("ranges and keys that do not fit are refused") {
  const TemporaryFolder folder;
  DatasetConfig config = config_of(DatasetFormat::idx, folder.file("i", idx({3, 1, 1}, counting(3))));
  config.first = 2;
  CHECK(load_dataset(config).size() == 1);
  config.count = 2;
  CHECK_THAT(fault_of(config), Catch::Contains("holds 3 images, cannot take 2 from image 2 on"));
  config.count = std::numeric_limits<std::uint64_t>::max();
  CHECK_THAT(fault_of(config), Catch::Contains("holds 3 images"));
  config.count.reset();
  config.first = 3;
  CHECK_THAT(fault_of(config), Catch::Contains("cannot take any from image 3 on"));
  config.first = 0;
  config.height = 1;
  CHECK_THAT(fault_of(config), Catch::Contains("`height` is given"));
  config.format = DatasetFormat::raw;
  CHECK_THAT(fault_of(config), Catch::Contains("`channels` is missing"));
  config = config_of(DatasetFormat::cifar10, config.images);
  config.labels = "x";
  CHECK_THAT(fault_of(config), Catch::Contains("cifar10 files fix both"));
  CHECK_THAT(fault_of(DatasetConfig()), Catch::Contains("`images` is missing"));
}

TEST_CASE("preprocessing, by hand") {
  const Dataset data({3, 1, 1}, std::vector<std::uint8_t>{0, 51, 255}, {});
  Preprocessing preprocessing;
  preprocessing.scale = 1.0 / 255.0;
  preprocessing.mean = {0.5, 0.25, 0.0};
  preprocessing.standard_deviation = {0.5};
  CHECK(data.preprocessed(0, preprocessing) ==
        std::vector<float>{-1.0F, static_cast<float>((51.0 / 255.0 - 0.25) / 0.5), 2.0F});
  preprocessing.reverse_channels = true;  // the network's channel 0 is the file's channel 2
  CHECK(data.preprocessed(0, preprocessing)[0] == 1.0F);
  CHECK(data.preprocessed(0, preprocessing)[2] == 0.0F);

  // Halves go to the even number: 0.5 -> 0, 1.5 -> 2, 2.5 -> 2; then the zero point; then the clamp.
  const Dataset halves({1, 1, 5}, std::vector<std::uint8_t>{1, 3, 5, 0, 255}, {});
  CHECK(halves.quantised(0, Preprocessing(), {2.0, 10}) == std::vector<std::uint8_t>{10, 12, 12, 10, 138});
  preprocessing = Preprocessing();
  preprocessing.mean = {100.0};
  CHECK(halves.quantised(0, preprocessing, {0.5, 128}) == std::vector<std::uint8_t>{0, 0, 0, 0, 255});

  preprocessing.mean = {1.0, 2.0};
  CHECK_THROWS_WITH(data.preprocessed(0, preprocessing),
                    "preprocessing.mean: 2 values; expected 1 or 3 for images of 3 channels");
  preprocessing.mean = {};
  preprocessing.standard_deviation = {1.0, 2.0};
  CHECK_THROWS_WITH(halves.quantised(0, preprocessing, Quantisation()),
                    "preprocessing.standard_deviation: 2 values; expected 1 for images of 1 channel");
  CHECK_THROWS_AS(Dataset({1, 2, 2}, std::vector<std::uint8_t>(5), {}), InputError);
  CHECK_THROWS_AS(Dataset({1, 1, 1}, std::vector<std::uint8_t>(5), {1, 2}), InputError);
}

TEST_CASE("stored inputs are the nearest to the real ones") {
  constexpr int kSeeds = 3000;
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::mt19937 engine(static_cast<unsigned>(seed));
    const auto uniform = [&](double low, double high) { return std::uniform_real_distribution<>(low, high)(engine); };
    const int channels = 1 + static_cast<int>(engine() % 3);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(channels) * 6);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(engine()); });
    const Dataset data({channels, 2, 3}, bytes, {});
    Preprocessing preprocessing;
    preprocessing.scale = uniform(0.001, 1.0);
    for (int c = 0; c < channels; ++c) preprocessing.mean.push_back(uniform(-1.0, 1.0));
    preprocessing.standard_deviation = {uniform(0.1, 2.0)};
    preprocessing.reverse_channels = engine() % 2 == 0;
    const Quantisation quantisation{uniform(0.01, 1.0), static_cast<int>(engine() % 256)};
    const std::vector<float> real = data.preprocessed(0, preprocessing);
    const std::vector<std::uint8_t> stored = data.quantised(0, preprocessing, quantisation);
    INFO("seed " << seed);
    for (std::size_t i = 0; i < real.size(); ++i) {
      const double exact = std::clamp(real[i] / quantisation.scale + quantisation.zero_point, 0.0, 255.0);
      REQUIRE(std::abs(stored[i] - exact) <= 0.5 + 1e-3);
    }
  }
}

TEST_CASE("the configuration of data sets and of preprocessing") {
  const auto data =
      config::parse("format: raw\nimages: /a.u8\nlabels: /l.txt\nchannels: 3\nheight: 2\nwidth: 1\ncount: 5", "d.yaml",
                    dataset_table());
  CHECK(data.format == DatasetFormat::raw);
  CHECK(data.labels == std::string("/l.txt"));
  CHECK(data.channels == 3);
  CHECK(data.count == std::uint64_t{5});
  CHECK_THROWS_WITH(config::parse("{}", "d.yaml", dataset_table()), Catch::Contains("format: missing key"));
  CHECK_THROWS_AS(config::parse("standard_deviation: [0]", "p.yaml", preprocessing_table()), InputError);
  const auto preprocessing =
      config::parse("{scale: 0.5, mean: [1, 2], reverse_channels: true}", "p.yaml", preprocessing_table());
  CHECK(preprocessing.mean == std::vector<double>{1.0, 2.0});
  CHECK(preprocessing.reverse_channels);
}

}  // namespace
}  // namespace reprise
