#include <catch2/catch.hpp>

#include <cstdlib>

#include "compression/network/onnx_import.h"
#include "tests/scenarios/workshop.h"

// Networks of other people, through the whole program: residual additions, slices and pads, concatenations, large
// inputs. Bit-exact, and as accurate as the integer reference says, on the first images of each data set.

namespace {

using namespace reprise;
using namespace reprise::test;
namespace fs = std::filesystem;

fs::path shared_data() {
  const char* folder = std::getenv("REPRISE_SHARED_DATA");
  return folder != nullptr ? folder : SHARED_DATA_FOLDER;
}

struct Case {
  std::string network;
  std::string preprocessing;
  std::string calibration;  ///< data sets, as YAML in one line
  std::string images;
  int count = 0;
};

void check_network(const Case& c) {
  const fs::path network = shared_data() / "models" / c.network;
  if (!available(network)) return;
  const Workshop workshop;
  workshop.file("compress.yaml", "preprocessing: {" + c.preprocessing + "}\ncalibration: {" + c.calibration +
                                     "}\nevaluation: {" + c.images + "}\n");
  workshop.file("run.yaml", "dataset: {" + c.images + "}\ncheck: {images: 1000000}\n");
  const auto products = multiply_accumulates(import_onnx(network)) * static_cast<std::uint64_t>(c.count);
  for (const std::vector<std::string>& engine :
       {std::vector<std::string>{"--engine", "dense"},
        std::vector<std::string>{"--engine", "wpr", "--granularity", "bit_column", "--encoding", "differential"}}) {
    INFO(c.network << " on " << engine[1]);
    const nlohmann::json results = workshop.run(workshop.compress(network.string(), "image.h5", engine), "run");
    CHECK(results["check"]["images"] == c.count);
    CHECK(results["work"]["multiply_accumulates"] == products);
    CHECK(results["accuracy"]["simulated"] == results["accuracy"]["reference_8_bit"]);
    const double difference =
        results["accuracy"]["simulated"].get<double>() - results["accuracy"]["float"].get<double>();
    WARN(c.network << " on " << engine[1] << ": " << c.count << " images equal to the reference, top-1 "
                   << results["accuracy"]["simulated"] << ", in float " << results["accuracy"]["float"]);
    CHECK(difference >= -0.01 - 1.0 / c.count);
  }
}

Case cifar10(const std::string& network, const std::string& preprocessing) {
  const fs::path folder = shared_data() / "cifar10";
  return {network, "scale: 0.00392156862745098, " + preprocessing,
          "format: cifar10, images: " + (folder / "train10k_from_jpeg.bin").string(),
          "format: cifar10, images: " + (folder / "test_from_jpeg.bin").string() +
              ", count: " + std::to_string(CIFAR10_IMAGES),
          CIFAR10_IMAGES};
}

const std::string kImagenetScaled = "mean: [0.485, 0.456, 0.406], standard_deviation: [0.229, 0.224, 0.225]";
const std::string kCifarScaled = "mean: [0.4914, 0.4822, 0.4465], standard_deviation: [0.2470, 0.2435, 0.2616]";

TEST_CASE("ResNet-20 runs bit-exactly") {
  check_network(cifar10("resnet20_cifar10.onnx", kImagenetScaled));
}
TEST_CASE("ResNet-20 with batch normalisation runs bit-exactly") {
  check_network(cifar10("resnet20_cifar10_bn.onnx", kImagenetScaled));
}
TEST_CASE("VGG-8 slim runs bit-exactly") {
  check_network(cifar10("vgg8slim_cifar10.onnx", kCifarScaled));
}
TEST_CASE("VGG-8 wide runs bit-exactly") {
  check_network(cifar10("vgg8wide_cifar10.onnx", kCifarScaled));
}
TEST_CASE("SqueezeNet runs bit-exactly") {
  const fs::path folder = shared_data() / "imagenet";
  const std::string images =
      "format: raw, channels: 3, height: 227, width: 227, images: " + (folder / "sample300_227_rgb_hwc.u8").string() +
      ", labels: " + (folder / "sample300_labels.txt").string();
  check_network({"squeezenet1_1_imagenet_fp16w.onnx",
                 "mean: [104.0, 117.0, 123.0], standard_deviation: [1.0], reverse_channels: true",
                 images + ", every: 6", images + ", count: " + std::to_string(IMAGENET_IMAGES) + ", except_every: 6",
                 IMAGENET_IMAGES - (IMAGENET_IMAGES + 5) / 6});
}

}  // namespace
