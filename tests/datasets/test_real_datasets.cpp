#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "compression/datasets/dataset.h"

namespace reprise {
namespace {

std::string shared(const std::string& file) {
  const char* folder = std::getenv("REPRISE_SHARED_DATA");
  return std::string(folder != nullptr ? folder : REPRISE_SHARED_DATA_FALLBACK) + '/' + file;
}

bool is_missing(const std::string& path) {
  if (std::filesystem::exists(path)) return false;
  WARN("SKIPPED: " << path << " is missing");
  return true;
}

std::vector<int> first_labels(const Dataset& data, std::size_t count) {
  std::vector<int> labels;
  for (std::size_t i = 0; i < count; ++i) labels.push_back(data.label(i));
  return labels;
}

TEST_CASE("Fashion-MNIST, as Debian installs it") {
  const std::string folder = "/usr/share/datasets/fashion-mnist/";
  for (const auto& [part, count, labels] :
       {std::tuple("t10k", 10000, std::vector<int>{9, 2, 1, 1, 6, 1, 4, 6, 5, 7}),
        std::tuple("train", 60000, std::vector<int>{9, 0, 0, 3, 0, 2, 7, 2, 5, 5})}) {
    DatasetConfig config;
    config.images = folder + part + "-images-idx3-ubyte.gz";
    config.labels = folder + part + "-labels-idx1-ubyte.gz";
    if (is_missing(config.images)) return;
    const Dataset data = load_dataset(config);
    CHECK(data.size() == static_cast<std::size_t>(count));
    CHECK(data.shape() == Shape{1, 28, 28});
    CHECK(first_labels(data, 10) == labels);
    std::vector<int> histogram(10);
    for (std::size_t i = 0; i < data.size(); ++i) ++histogram.at(static_cast<std::size_t>(data.label(i)));
    CHECK(histogram == std::vector<int>(10, count / 10));
  }
}

TEST_CASE("CIFAR-10 in binary") {
  DatasetConfig config;
  config.format = DatasetFormat::cifar10;
  config.images = shared("cifar10/test_lossless100.bin");
  if (is_missing(config.images)) return;
  const Dataset data = load_dataset(config);
  CHECK(data.size() == 100);
  CHECK(first_labels(data, 10) == std::vector<int>{3, 8, 8, 0, 6, 6, 1, 6, 3, 1});

  config.images = shared("cifar10/test_from_jpeg.bin");
  CHECK(load_dataset(config).size() == 10000);
  config.first = 9990;
  config.count = 10;
  CHECK(load_dataset(config).size() == 10);
}

TEST_CASE("ImageNet samples, raw with labels in text") {
  DatasetConfig config;
  config.format = DatasetFormat::raw;
  config.images = shared("imagenet/sample300_227_rgb_hwc.u8");
  config.labels = shared("imagenet/sample300_labels.txt");
  config.channels = 3;
  config.height = 227;
  config.width = 227;
  if (is_missing(config.images)) return;
  const Dataset data = load_dataset(config);
  CHECK(data.size() == 300);
  CHECK(first_labels(data, 3) == std::vector<int>{1, 5, 8});
  // Neighbours within a channel are alike in a photograph; in a wrong order of the axes they are not.
  const std::vector<float> image = data.preprocessed(0, Preprocessing());
  double difference = 0.0;
  for (std::size_t i = 1; i < data.shape().pixels(); ++i) difference += std::abs(image[i] - image[i - 1]);
  CHECK(difference / static_cast<double>(data.shape().pixels()) < 12.0);
}

}  // namespace
}  // namespace reprise
