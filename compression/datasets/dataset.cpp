#include "compression/datasets/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <type_traits>
#include <utility>

#include "compression/datasets/images.h"
#include "compression/datasets/labels.h"
#include "support/error.h"

namespace reprise {

namespace {

constexpr std::uint64_t kMostImages = 1'000'000'000;
constexpr int kMostPixels = 65536;

/// One value for each channel, from none, one for all or one each.
std::vector<double> per_channel(const std::vector<double>& given, const char* name, int channels, double absent) {
  const auto count = static_cast<std::size_t>(channels);
  if (given.size() == count) return given;
  if (given.size() <= 1) return std::vector<double>(count, given.empty() ? absent : given[0]);
  const std::string expected = count == 1 ? "1" : fmt::format("1 or {}", count);
  throw InputError(fmt::format("preprocessing.{}: {} values; expected {} for images of {} channel{}", name,
                               given.size(), expected, count, count == 1 ? "" : "s"));
}

/// Keys that fit the format: without them a forgotten or misplaced one would go unnoticed.
void check_keys(const DatasetConfig& config) {
  if (config.images.empty()) throw InputError("`images` is missing; expected the file of a data set's images");
  const bool raw = config.format == DatasetFormat::raw;
  for (const auto& [key, value] :
       {std::pair("channels", config.channels), std::pair("height", config.height), std::pair("width", config.width)}) {
    if (value.has_value() == raw) continue;
    throw InputError(fmt::format("{}: `{}` is {}", config.images, key,
                                 raw ? "missing; expected with format raw" : "given; expected only with format raw"));
  }
  if (config.format == DatasetFormat::cifar10 && (config.labels || config.layout)) {
    throw InputError(config.images + ": `labels` or `layout` is given; expected none, cifar10 files fix both");
  }
}

}  // namespace

const config::Table<DatasetConfig>& dataset_table() {
  static const auto table =
      config::Table<DatasetConfig>("images with their labels")
          .choice("format", &DatasetConfig::format,
                  {{"idx", DatasetFormat::idx},
                   {"cifar10", DatasetFormat::cifar10},
                   {"npy", DatasetFormat::npy},
                   {"raw", DatasetFormat::raw}},
                  "`idx` (MNIST and its kin), `cifar10` (a label byte and 3072 pixels a record), `npy` (NumPy), `raw` "
                  "(bytes without a header)")
          .required()
          .file("images", &DatasetConfig::images, "file of the images, gzipped if it ends in `.gz`")
          .file("labels", &DatasetConfig::labels,
                "file of the labels: IDX, NPY or text with an integer first in each line; `cifar10` has its own")
          .choice("layout", &DatasetConfig::layout, {{"nchw", DatasetLayout::nchw}, {"nhwc", DatasetLayout::nhwc}},
                  "order of four dimensions (or of `raw`); absent: `nhwc` for `raw`, `nchw` for the others")
          .number("channels", &DatasetConfig::channels, 1, kMostPixels, "of `raw`, and only there")
          .number("height", &DatasetConfig::height, 1, kMostPixels, "of `raw`, and only there")
          .unit("pixels")
          .number("width", &DatasetConfig::width, 1, kMostPixels, "of `raw`, and only there")
          .unit("pixels")
          .number("first", &DatasetConfig::first, 0, kMostImages, "images before this one are left out")
          .unit("images")
          .number("count", &DatasetConfig::count, 1, kMostImages, "number of images; absent: up to the last")
          .unit("images")
          .number("every", &DatasetConfig::every, 1, kMostImages,
                  "of those, only the first, the one so many after it, and so on")
          .number("except_every", &DatasetConfig::except_every, 2, kMostImages,
                  "of those, all that the same `every` would not take")
          .flag("mirror", &DatasetConfig::mirror,
                "each image is followed by itself with left and right exchanged: more calibration images where there "
                "are few");
  return table;
}

const config::Table<Preprocessing>& preprocessing_table() {
  constexpr double kLimit = std::numeric_limits<double>::max();
  constexpr double kLeast = 1e-30;
  static const auto table =
      config::Table<Preprocessing>("from image values to the input of the network: (value * scale - mean) / deviation")
          .number("scale", &Preprocessing::scale, kLeast, kLimit, "factor of the image values")
          .numbers("mean", &Preprocessing::mean, -kLimit, kLimit,
                   "subtracted after scaling; one for all channels or one each; `[]` is 0")
          .numbers("standard_deviation", &Preprocessing::standard_deviation, kLeast, kLimit,
                   "divisor after that; one or one each; `[]` is 1")
          .flag("reverse_channels", &Preprocessing::reverse_channels, "images in RGB for a network that takes BGR");
  return table;
}

Dataset::Dataset(const Shape& shape, Values values, std::vector<int> labels)
    : shape_(shape), values_(std::move(values)), labels_(std::move(labels)) {
  const std::size_t count = std::visit([](const auto& all) { return all.size(); }, values_);
  if (shape.size() == 0 || count % shape.size() != 0) {
    throw InputError(fmt::format("{} values are not whole images of {} values", count, shape.size()));
  }
  size_ = count / shape.size();
  if (!labels_.empty() && labels_.size() != size_) {
    throw InputError(fmt::format("{} labels for {} images", labels_.size(), size_));
  }
}

Dataset Dataset::first(std::size_t count) const {
  count = std::min(count, size_);
  const auto values = static_cast<std::ptrdiff_t>(count * shape_.size());
  const auto labels = static_cast<std::ptrdiff_t>(std::min(count, labels_.size()));
  return std::visit(
      [&](const auto& all) {
        std::decay_t<decltype(all)> some(all.begin(), all.begin() + values);
        return Dataset(shape_, std::move(some), {labels_.begin(), labels_.begin() + labels});
      },
      values_);
}

template <class Out, class Convert>
std::vector<Out> Dataset::transformed(std::size_t image, const Preprocessing& preprocessing, Convert convert) const {
  const std::vector<double> mean = per_channel(preprocessing.mean, "mean", shape_.channels, 0.0);
  const std::vector<double> deviation =
      per_channel(preprocessing.standard_deviation, "standard_deviation", shape_.channels, 1.0);
  std::vector<Out> out(shape_.size());
  std::visit(
      [&](const auto& values) {
        for (std::size_t c = 0; c < mean.size(); ++c) {
          const std::size_t source = preprocessing.reverse_channels ? mean.size() - 1 - c : c;
          const std::size_t from = image * shape_.size() + source * shape_.pixels();
          for (std::size_t i = 0; i < shape_.pixels(); ++i) {
            const auto value = static_cast<double>(values.at(from + i));
            out[c * shape_.pixels() + i] = convert((value * preprocessing.scale - mean[c]) / deviation[c]);
          }
        }
      },
      values_);
  return out;
}

std::vector<float> Dataset::preprocessed(std::size_t image, const Preprocessing& preprocessing) const {
  return transformed<float>(image, preprocessing, [](double real) { return static_cast<float>(real); });
}

std::vector<std::uint8_t> Dataset::quantised(std::size_t image, const Preprocessing& preprocessing,
                                             const Quantisation& quantisation) const {
  return transformed<std::uint8_t>(image, preprocessing, [&](double real) {
    // In the default rounding mode nearbyint rounds half to even.
    const double stored = std::nearbyint(real / quantisation.scale) + quantisation.zero_point;
    return static_cast<std::uint8_t>(std::clamp(stored, 0.0, 255.0));
  });
}

namespace {

/// Thins out images and labels in place.
void select_images(const DatasetConfig& config, Images& images) {
  if (!config.every && !config.except_every) return;
  const auto selected = [&](std::uint64_t image) {
    return (!config.every || image % *config.every == 0) && (!config.except_every || image % *config.except_every != 0);
  };
  const auto size = static_cast<std::ptrdiff_t>(images.shape.size());
  std::uint64_t kept = 0;
  for (std::uint64_t image = 0; image < images.count; ++image) {
    if (!selected(image)) continue;
    const auto from = static_cast<std::ptrdiff_t>(image) * size;
    const auto to = static_cast<std::ptrdiff_t>(kept) * size;
    std::visit([&](auto& values) { std::copy_n(values.begin() + from, size, values.begin() + to); }, images.values);
    if (!images.labels.empty()) images.labels[kept] = images.labels[image];
    ++kept;
  }
  if (kept == 0) throw InputError(config.images + ": `every` and `except_every` leave no image");
  std::visit([&](auto& values) { values.resize(kept * images.shape.size()); }, images.values);
  if (!images.labels.empty()) images.labels.resize(kept);
}

/// Lets each image be followed by itself with left and right exchanged.
void add_mirror_images(Images& images) {
  std::visit(
      [&](auto& values) {
        const auto size = static_cast<std::ptrdiff_t>(images.shape.size());
        const std::ptrdiff_t width = images.shape.width;
        std::decay_t<decltype(values)> both;
        both.reserve(2 * values.size());
        for (auto image = values.begin(); image != values.end(); image += size) {
          both.insert(both.end(), image, image + size);
          for (auto row = image; row != image + size; row += width) {
            both.insert(both.end(), std::make_reverse_iterator(row + width), std::make_reverse_iterator(row));
          }
        }
        values = std::move(both);
      },
      images.values);
  std::vector<int> labels;
  for (const int label : images.labels) labels.insert(labels.end(), 2, label);
  images.labels = std::move(labels);
}

}  // namespace

Dataset load_dataset(const DatasetConfig& config) {
  check_keys(config);
  Images images = read_images(config);
  if (config.labels) {
    std::vector<int> all = read_labels(*config.labels);
    if (all.size() != images.total) {
      throw InputError(fmt::format("{}: {} labels; expected {}, one an image of {}", *config.labels, all.size(),
                                   images.total, config.images));
    }
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(config.first);
    images.labels.assign(begin, begin + static_cast<std::ptrdiff_t>(images.count));
  }
  select_images(config, images);
  if (config.mirror) add_mirror_images(images);
  return {images.shape, std::move(images.values), std::move(images.labels)};
}

}  // namespace reprise
