#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "compression/image/network_check.h"
#include "compression/network/onnx_import.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/quantise.h"

// With the default settings the integer reference is within a point of float, for every trained network there is.

namespace {

using namespace reprise;
namespace fs = std::filesystem;

const fs::path kFashion = "/usr/share/datasets/fashion-mnist";

fs::path shared_data() {
  const char* folder = std::getenv("REPRISE_SHARED_DATA");
  return folder != nullptr ? folder : SHARED_DATA_FOLDER;
}

/// Says so and is false where a file is missing.
bool available(const fs::path& path) {
  if (fs::exists(path)) return true;
  WARN("SKIPPED: " << path << " is missing (the shared data are at REPRISE_SHARED_DATA)");
  return false;
}

/// The images i for which keep(i) holds, as they are in the file.
template <class Keep>
Dataset subset(const Dataset& dataset, Keep keep) {
  std::vector<float> values;
  std::vector<int> labels;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (!keep(i)) continue;
    const std::vector<float> image = dataset.preprocessed(i, {});
    values.insert(values.end(), image.begin(), image.end());
    labels.push_back(dataset.label(i));
  }
  return Dataset(dataset.shape(), std::move(values), std::move(labels));
}

void check_accuracy(const fs::path& file, const Dataset& calibration, const Dataset& test,
                    const Preprocessing& preprocessing) {
  const Graph graph = import_onnx(file);
  std::vector<std::vector<float>> images;
  for (std::size_t i = 0; i < calibration.size(); ++i) images.push_back(calibration.preprocessed(i, preprocessing));
  const double in_float = float_accuracy(graph, test, preprocessing);
  const QuantisedNetwork network = quantise(graph, preprocessing, images, {});
  CHECK_NOTHROW(check_network(network.description));
  const double in_integers = reference_accuracy(network, test);
  WARN(file.filename().string() << ": top-1 of " << test.size() << " images: float " << in_float << ", integer "
                                << in_integers);
  CHECK(in_float > 0.5);
  CHECK(in_integers >= in_float - 0.01);
}

void check_cifar10(const std::string& network, std::size_t images, const Preprocessing& preprocessing) {
  const fs::path file = shared_data() / "models" / network;
  DatasetConfig config;
  config.format = DatasetFormat::cifar10;
  config.images = (shared_data() / "cifar10/train10k_from_jpeg.bin").string();
  config.count = 64;
  if (!available(file) || !available(config.images)) return;
  const Dataset calibration = load_dataset(config);
  config.images = (shared_data() / "cifar10/test_from_jpeg.bin").string();
  config.count = images;
  check_accuracy(file, calibration, load_dataset(config), preprocessing);
}

void check_fashion_mnist(const std::string& network, std::size_t images) {
  const fs::path file = fs::path(NETWORKS_FOLDER) / network;
  DatasetConfig config;
  config.images = (kFashion / "train-images-idx3-ubyte.gz").string();
  config.labels = (kFashion / "train-labels-idx1-ubyte.gz").string();
  config.count = 64;
  if (!available(file) || !available(config.images)) return;
  const Dataset calibration = load_dataset(config);
  config.images = (kFashion / "t10k-images-idx3-ubyte.gz").string();
  config.labels = (kFashion / "t10k-labels-idx1-ubyte.gz").string();
  config.count = images;
  check_accuracy(file, calibration, load_dataset(config), {1.0 / 255.0, {0.2860}, {0.3530}, false});
}

const Preprocessing kImagenetScaled{1.0 / 255.0, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}, false};
const Preprocessing kCifarScaled{1.0 / 255.0, {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}, false};

}  // namespace

TEST_CASE("LeNet-5 on Fashion-MNIST keeps its accuracy") {
  check_fashion_mnist("lenet5_fashion_mnist.onnx", 10000);
}
TEST_CASE("VGG-8 on Fashion-MNIST keeps its accuracy") {
  check_fashion_mnist("vgg8_fashion_mnist.onnx", 1000);
}
TEST_CASE("ResNet-20 keeps its accuracy") {
  check_cifar10("resnet20_cifar10.onnx", 1500, kImagenetScaled);
}
TEST_CASE("ResNet-20 with batch normalisation keeps its accuracy") {
  check_cifar10("resnet20_cifar10_bn.onnx", 1000, kImagenetScaled);
}
TEST_CASE("VGG-8 slim keeps its accuracy") {
  check_cifar10("vgg8slim_cifar10.onnx", 1500, kCifarScaled);
}
TEST_CASE("VGG-8 wide keeps its accuracy") {
  check_cifar10("vgg8wide_cifar10.onnx", 1000, kCifarScaled);
}

TEST_CASE("SqueezeNet keeps its accuracy") {
  const fs::path file = shared_data() / "models/squeezenet1_1_imagenet_fp16w.onnx";
  DatasetConfig config;
  config.format = DatasetFormat::raw;
  config.images = (shared_data() / "imagenet/sample300_227_rgb_hwc.u8").string();
  config.labels = (shared_data() / "imagenet/sample300_labels.txt").string();
  config.channels = 3;
  config.height = config.width = 227;
  if (!available(file) || !available(config.images)) return;
  const Dataset images = load_dataset(config);
  const Dataset calibration = subset(images, [](std::size_t i) { return i % 6 == 0; });
  const Dataset test = subset(images, [](std::size_t i) { return i % 6 != 0; });
  check_accuracy(file, calibration, test, {1.0, {104.0, 117.0, 123.0}, {1.0}, true});
}
