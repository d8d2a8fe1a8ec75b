#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/network/float_executor.h"
#include "compression/network/onnx_import.h"

namespace {

using namespace reprise;
namespace fs = std::filesystem;

fs::path shared_data() {
  const char* folder = std::getenv("REPRISE_SHARED_DATA");
  return folder != nullptr ? folder : SHARED_DATA_FOLDER;
}

/// Says so and is false where a file of the shared data is missing.
bool available(const fs::path& path) {
  if (fs::exists(path)) return true;
  WARN("SKIPPED: " << path << " is missing (set REPRISE_SHARED_DATA)");
  return false;
}

std::uint64_t convolution_macs(int kernel, int inputs, int outputs, int size) {
  return static_cast<std::uint64_t>(kernel * kernel * inputs) * static_cast<std::uint64_t>(outputs * size * size);
}

/// 3x3 convolutions with a 2x2 pooling after the first and then after every second, global average, 10 classes.
std::uint64_t vgg8_macs(int input_channels, int size, const std::vector<int>& channels) {
  std::uint64_t sum = 0;
  int from = input_channels;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if (i % 2 == 1) size /= 2;
    sum += convolution_macs(3, from, channels[i], size);
    from = channels[i];
  }
  return sum + convolution_macs(1, from, 10, 1);
}

std::uint64_t resnet20_macs() {
  std::uint64_t sum = convolution_macs(3, 3, 16, 32) + 640;
  for (int stage = 0; stage < 3; ++stage) {
    const int channels = 16 << stage;
    const int size = 32 >> stage;
    sum += 5 * convolution_macs(3, channels, channels, size);
    sum += convolution_macs(3, stage == 0 ? 16 : channels / 2, channels, size);
  }
  return sum;
}

std::uint64_t squeezenet_macs() {
  // The last 1x1 convolution is padded by 1, as in the original.
  std::uint64_t sum = convolution_macs(3, 3, 64, 113) + convolution_macs(1, 512, 1000, 16);
  const auto fire = [&](int inputs, int squeeze, int expand, int size) {
    sum += convolution_macs(1, inputs, squeeze, size) + 10 * convolution_macs(1, squeeze, expand, size);
  };
  fire(64, 16, 64, 56);
  fire(128, 16, 64, 56);
  fire(128, 32, 128, 28);
  fire(256, 32, 128, 28);
  fire(256, 48, 192, 14);
  fire(384, 48, 192, 14);
  fire(384, 64, 256, 14);
  fire(512, 64, 256, 14);
  return sum;
}

int count_correct(const FloatExecutor& executor, const Dataset& dataset, const Preprocessing& preprocessing) {
  int correct = 0;
  for (std::size_t image = 0; image < dataset.size(); ++image) {
    const std::vector<float> scores = executor.output(dataset.preprocessed(image, preprocessing));
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    if (best == dataset.label(image)) ++correct;
  }
  return correct;
}

constexpr std::uint64_t kLenet5Macs = 25 * 6 * 28 * 28 + 25 * 6 * 16 * 10 * 10 + 400 * 120 + 120 * 84 + 84 * 10;

TEST_CASE("the shipped networks") {
  const Graph lenet = import_onnx(fs::path(NETWORKS_FOLDER) / "lenet5_fashion_mnist.onnx");
  CHECK(multiply_accumulates(lenet) == kLenet5Macs);
  CHECK(lenet.input_shape == Shape{1, 28, 28});
  CHECK(lenet.nodes.back().shape == Shape{10, 1, 1});
  const Graph vgg = import_onnx(fs::path(NETWORKS_FOLDER) / "vgg8_fashion_mnist.onnx");
  CHECK(multiply_accumulates(vgg) > 1000000);
  CHECK(vgg.nodes.back().shape == Shape{10, 1, 1});
}

TEST_CASE("networks of other origin have the multiply-accumulates that their authors drew") {
  struct Case {
    std::string file;
    std::uint64_t macs;
    int classes;
  };
  const std::vector<Case> cases{{"lenet5_fashion_mnist.onnx", kLenet5Macs, 10},
                                {"resnet20_cifar10.onnx", resnet20_macs(), 10},
                                {"resnet20_cifar10_bn.onnx", resnet20_macs(), 10},
                                {"vgg8slim_cifar10.onnx", vgg8_macs(3, 32, {32, 64, 64, 128, 128, 128, 128}), 10},
                                {"vgg8wide_cifar10.onnx", vgg8_macs(3, 32, {64, 128, 128, 256, 256, 256, 256}), 10},
                                {"squeezenet1_1_imagenet_fp16w.onnx", squeezenet_macs(), 1000}};
  for (const Case& network : cases) {
    const fs::path path = shared_data() / "models" / network.file;
    if (!available(path)) continue;
    INFO(network.file);
    const Graph graph = import_onnx(path);
    CHECK(multiply_accumulates(graph) == network.macs);
    CHECK(graph.nodes.back().shape == Shape{network.classes, 1, 1});
    for (const Node& node : graph.nodes) {
      INFO(node.name);
      CHECK_FALSE(std::holds_alternative<FloatReshape>(node.operation));
      CHECK_FALSE(std::holds_alternative<FloatScale>(node.operation));
    }
  }
}

TEST_CASE("ResNet-20 classifies, with batch normalisation and without") {
  const fs::path data = shared_data();
  const fs::path images = data / "cifar10" / "test_lossless100.bin";
  if (!available(images)) return;
  const FloatExecutor folded(import_onnx(data / "models" / "resnet20_cifar10.onnx"));
  const FloatExecutor normalised(import_onnx(data / "models" / "resnet20_cifar10_bn.onnx"));
  DatasetConfig config;
  config.format = DatasetFormat::cifar10;
  config.images = images.string();
  const Dataset dataset = load_dataset(config);
  const Preprocessing preprocessing{1.0 / 255, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}, false};
  REQUIRE(dataset.size() == 100);
  CHECK(count_correct(folded, dataset, preprocessing) == 94);  // as measured in the framework that it comes from
  float largest_difference = 0.0F;
  for (std::size_t image = 0; image < dataset.size(); ++image) {
    const std::vector<float> input = dataset.preprocessed(image, preprocessing);
    const std::vector<float> a = folded.output(input);
    const std::vector<float> b = normalised.output(input);
    for (std::size_t i = 0; i < a.size(); ++i) largest_difference = std::max(largest_difference, std::abs(a[i] - b[i]));
  }
  CHECK(largest_difference < 1e-3F);
}

TEST_CASE("the shipped LeNet-5 has its recorded accuracy on all test images") {
  const fs::path folder = FASHION_MNIST_FOLDER;
  if (!available(folder)) return;
  DatasetConfig config;
  config.images = (folder / "t10k-images-idx3-ubyte.gz").string();
  config.labels = (folder / "t10k-labels-idx1-ubyte.gz").string();
  const Dataset dataset = load_dataset(config);
  const Preprocessing preprocessing{1.0 / 255, {0.2860}, {0.3530}, false};
  REQUIRE(dataset.size() == 10000);
  const FloatExecutor executor(import_onnx(fs::path(NETWORKS_FOLDER) / "lenet5_fashion_mnist.onnx"));
  // networks/accuracy.json; another order of summation may tip an image or two.
  CHECK(std::abs(count_correct(executor, dataset, preprocessing) - 9103) <= 2);
}

}  // namespace
