#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "compression/datasets/dataset.h"
#include "compression/image/image_file.h"
#include "tests/onnxruntime/oracle.h"
#include "tests/scenarios/workshop.h"

// Trained networks through the whole program: compressed, exported, run in onnxruntime on preprocessed test images.
//
// onnxruntime computes in floats of 24 bits. An activation within that of a half, about one in a million, comes out one
// step apart; the layers behind it weigh that and round it again, and an input filter may switch a block of rows on or
// off for it. So outputs differ rarely and little in a network of 8,000 activations, more often in one of 300,000 and
// 20 layers, and by a few of 256 steps at most.

namespace {

using namespace reprise;
using namespace reprise::test;
namespace fs = std::filesystem;

const fs::path kFashion = "/usr/share/datasets/fashion-mnist";

struct Case {
  fs::path network;
  std::string preprocessing;  ///< these three as YAML in one line
  std::string calibration;
  std::string compression;
  DatasetConfig images;
  int most_steps = 0;           ///< by which an output may differ
  double most_differing = 0.0;  ///< share of the outputs
};

Case lenet5() {
  Case c;
  c.network = network_file("lenet5");
  c.preprocessing = "{scale: 0.00392156862745098, mean: [0.2860], standard_deviation: [0.3530]}";
  c.calibration = fmt::format(
      "{{format: idx, images: {0}/train-images-idx3-ubyte.gz, labels: "
      "{0}/train-labels-idx1-ubyte.gz, count: 800}}",
      kFashion.string());
  c.compression = "{calibration_images: 64, sensitivity_images: 32, validation_images: 400, accuracy_budget: 3}";
  c.images.images = (kFashion / "t10k-images-idx3-ubyte.gz").string();
  c.images.count = LENET5_IMAGES;
  c.most_steps = 3;
  c.most_differing = 0.01;
  return c;
}

Case resnet20() {
  const char* folder = std::getenv("REPRISE_SHARED_DATA");
  const fs::path shared = folder != nullptr ? folder : SHARED_DATA_FOLDER;
  Case c;
  c.network = shared / "models/resnet20_cifar10.onnx";
  c.preprocessing =
      "{scale: 0.00392156862745098, mean: [0.485, 0.456, 0.406], standard_deviation: [0.229, 0.224, 0.225]}";
  c.calibration = "{format: cifar10, images: " + (shared / "cifar10/train10k_from_jpeg.bin").string() + ", count: 120}";
  c.compression = "{calibration_images: 16, sensitivity_images: 4, validation_images: 60, accuracy_budget: 3}";
  c.images.format = DatasetFormat::cifar10;
  c.images.images = (shared / "cifar10/test_from_jpeg.bin").string();
  c.images.count = RESNET20_IMAGES;
  c.most_steps = 8;
  c.most_differing = 0.25;
  return c;
}

/// The integer network in a weight image.
QuantisedNetwork network_in(const std::string& image_file) {
  WeightImage image = read_image(image_file);
  return {std::move(image.network), std::move(image.reference_weights), {}};
}

int filters_in(const NetworkDescription& network) {
  int filters = 0;
  for (const Layer& layer : network.layers) {
    const auto* convolution = std::get_if<ConvolutionLayer>(&layer.operation);
    if (convolution != nullptr && convolution->filter) ++filters;
  }
  return filters;
}

/// Compresses with `preset` ("": into 8 bits and nothing else) and adds the result to the oracle. Returns the number of
/// input filters.
int add_compressed(const Case& c, const std::string& preset, Oracle& oracle) {
  const Workshop workshop;
  std::string yaml = "preprocessing: " + c.preprocessing + "\ncalibration: " + c.calibration + "\n";
  if (!preset.empty()) yaml += "compression: " + c.compression + "\n";
  workshop.file("compress.yaml", yaml);
  std::vector<std::string> options{"--export-onnx", workshop.path("exported.onnx")};
  if (!preset.empty()) options.insert(options.end(), {"--preset", preset});
  const QuantisedNetwork network = network_in(workshop.compress(c.network.string(), "image.h5", options));
  const NetworkDescription& net = network.description;
  const Dataset dataset = load_dataset(c.images);
  std::vector<std::vector<float>> images;
  std::vector<std::vector<std::uint8_t>> stored;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    images.push_back(dataset.preprocessed(i, net.preprocessing));
    stored.push_back(dataset.quantised(i, net.preprocessing, net.input_quantisation));
  }
  const std::string name = c.network.stem().string() + (preset.empty() ? "" : "-" + preset);
  oracle.add(name, read_text(workshop.path("exported.onnx")), network, images, stored);
  return filters_in(net);
}

void check_presets(const Case& c, const std::vector<std::string>& presets) {
  Oracle oracle;
  int filters = 0;
  for (const std::string& preset : presets) filters += add_compressed(c, preset, oracle);
  CHECK(filters > 0);
  const auto images = static_cast<int>(*c.images.count);
  for (const char* optimisation : {"disabled", "all"}) {
    for (const Comparison& comparison : oracle.compare(optimisation, 64)) {
      INFO(comparison.name << ", optimisation " << optimisation);
      CHECK(comparison.agreeing >= 0.99 * images);
      CHECK(comparison.largest_difference <= c.most_steps);
      CHECK(comparison.differing <= c.most_differing * comparison.outputs);
      WARN(
          fmt::format("{}, optimisation {}: the same class on {} of {} images; {} of {} outputs differ, by at most {} "
                      "steps",
                      comparison.name, optimisation, comparison.agreeing, images, comparison.differing,
                      comparison.outputs, comparison.largest_difference));
    }
  }
}

TEST_CASE("LeNet-5 gives the same in onnxruntime, with all presets") {
  if (!available(kFashion)) return;
  check_presets(lenet5(), {"", "pruning", "patch", "reuse", "all"});
}

TEST_CASE("ResNet-20 gives the same in onnxruntime") {
  const Case c = resnet20();
  if (!available(c.network)) return;
  check_presets(c, {"", "patch"});
}

}  // namespace
