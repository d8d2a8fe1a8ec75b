#include "compression/datasets/images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "compression/datasets/array_file.h"
#include "compression/datasets/input_file.h"

namespace reprise {

namespace {

constexpr std::uint64_t kMostExtent = 65536;
constexpr std::uint64_t kCifarClasses = 10;

/// How the images lie in their file.
struct Records {
  Shape shape;
  bool interleaved = false;  ///< channels innermost
  std::string type = "|u1";
  std::uint64_t item_bytes = 1;
  std::uint64_t label_bytes = 0;  ///< before each image
  std::uint64_t offset = 0;       ///< of the first record
  std::uint64_t total = 0;

  std::uint64_t bytes() const { return label_bytes + shape.size() * item_bytes; }
};

/// A file of nothing but records.
Records count_records(const InputFile& file, Records records) {
  if (file.size() % records.bytes() != 0) {
    file.fail(fmt::format("{} bytes, expected a multiple of {}: truncated or of another format", file.size(),
                          records.bytes()));
  }
  records.total = file.size() / records.bytes();
  return records;
}

Records cifar10_records(const InputFile& file) {
  Records records;
  records.shape = {3, 32, 32};
  records.label_bytes = 1;
  return count_records(file, records);
}

Records raw_records(const InputFile& file, const DatasetConfig& config) {
  Records records;
  records.shape = {*config.channels, *config.height, *config.width};
  records.interleaved = config.layout != DatasetLayout::nchw;
  return count_records(file, records);
}

Records array_records(const InputFile& file, const DatasetConfig& config, const ArrayHeader& header) {
  const std::size_t dimensions = header.shape.size();
  if (dimensions != 3 && dimensions != 4) {
    file.fail(fmt::format("{} dimensions, expected 3 or 4 for images", dimensions));
  }
  for (std::size_t i = 1; i < dimensions; ++i) {
    if (header.shape[i] > kMostExtent) file.fail(fmt::format("an image extent of {} is too large", header.shape[i]));
  }
  const auto extent = [&](std::size_t i) { return static_cast<int>(header.shape[i]); };
  Records records;
  records.interleaved = dimensions == 4 && config.layout == DatasetLayout::nhwc;
  if (dimensions == 3) {
    records.shape = {1, extent(1), extent(2)};
  } else if (records.interleaved) {
    records.shape = {extent(3), extent(1), extent(2)};
  } else {
    records.shape = {extent(1), extent(2), extent(3)};
  }
  records.type = header.type;
  records.item_bytes = header.item_bytes;
  records.offset = header.data_offset;
  records.total = header.shape[0];
  return records;
}

Records find_records(InputFile& file, const DatasetConfig& config) {
  switch (config.format) {
    case DatasetFormat::cifar10:
      return cifar10_records(file);
    case DatasetFormat::raw:
      return raw_records(file, config);
    case DatasetFormat::npy:
      return array_records(file, config, read_npy_header(file, {"|u1", "<f4", "<f8"}));
    case DatasetFormat::idx:
      break;
  }
  return array_records(file, config, read_idx_header(file));
}

/// Items of type In from the file's order into [image][channel][row][column].
template <class In, class Out>
std::vector<Out> unpack(const InputFile& file, const std::string& bytes, const Records& records) {
  const std::size_t pixels = records.shape.pixels();
  const auto channels = static_cast<std::size_t>(records.shape.channels);
  const std::size_t images = bytes.size() / records.bytes();
  std::vector<Out> values;
  values.reserve(images * records.shape.size());
  for (std::size_t image = 0; image < images; ++image) {
    const char* begin = bytes.data() + image * records.bytes() + records.label_bytes;
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t p = 0; p < pixels; ++p) {
        In item{};
        const std::size_t index = records.interleaved ? p * channels + c : c * pixels + p;
        std::memcpy(&item, begin + index * sizeof(In), sizeof(In));
        if constexpr (std::is_floating_point_v<In>) {
          if (!(std::abs(item) <= std::numeric_limits<Out>::max())) file.fail("a value is no finite 32-bit number");
        }
        values.push_back(static_cast<Out>(item));
      }
    }
  }
  return values;
}

Dataset::Values unpack(const InputFile& file, const std::string& bytes, const Records& records) {
  if (records.type == "<f4") return unpack<float, float>(file, bytes, records);
  if (records.type == "<f8") return unpack<double, float>(file, bytes, records);
  return unpack<std::uint8_t, std::uint8_t>(file, bytes, records);
}

std::vector<int> cifar10_labels(const InputFile& file, const std::string& bytes, const Records& records,
                                std::uint64_t first) {
  std::vector<int> labels;
  for (std::uint64_t at = 0; at < bytes.size(); at += records.bytes()) {
    const auto label = static_cast<unsigned char>(bytes[at]);
    if (label >= kCifarClasses) {
      file.fail(fmt::format("record {} has label {}, expected 0..9", first + labels.size(), label));
    }
    labels.push_back(label);
  }
  return labels;
}

}  // namespace

Images read_images(const DatasetConfig& config) {
  InputFile file(config.images);
  const Records records = find_records(file, config);
  if (records.total == 0) file.fail("holds no images");
  const std::uint64_t count = config.count.value_or(records.total - std::min(records.total, config.first));
  if (config.first >= records.total || count > records.total - config.first) {
    file.fail(fmt::format("holds {} images, cannot take {} from image {} on", records.total,
                          config.count ? std::to_string(count) : "any", config.first));
  }
  const std::string bytes = file.read(records.offset + config.first * records.bytes(), count * records.bytes());
  Images images{records.shape, unpack(file, bytes, records), {}, count, records.total};
  if (records.label_bytes > 0) images.labels = cifar10_labels(file, bytes, records, config.first);
  return images;
}

}  // namespace reprise
