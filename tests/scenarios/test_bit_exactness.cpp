#include <catch2/catch.hpp>

#include <set>

#include "compression/image/image_file.h"
#include "compression/network/onnx_import.h"
#include "tests/scenarios/workshop.h"

// The simulated accelerator gives the integer reference's output bit for bit, for every engine and encoding, on real
// images. The program compares them and ends with exit code 4 where one differs.

namespace {

using namespace reprise;
using namespace reprise::test;

constexpr int kMostImages = MOST_IMAGES;
const std::string kFashion = "/usr/share/datasets/fashion-mnist/";

std::string test_images(int count) {
  return "  format: idx\n  images: " + kFashion + "t10k-images-idx3-ubyte.gz\n  labels: " + kFashion +
         "t10k-labels-idx1-ubyte.gz\n  count: " + std::to_string(count) + "\n";
}

const std::string kCalibration =
    "preprocessing: {scale: 0.00392156862745098, mean: [0.2860], standard_deviation: [0.3530]}\n"
    "calibration: {format: idx, images: " +
    kFashion + "train-images-idx3-ubyte.gz}\n";

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

/// All engines on the first `images` test images: equal to the reference, and to one another.
void check_all_engines(const std::string& network, int images, double least_accuracy) {
  if (!available(kFashion)) return;
  const Workshop workshop;
  workshop.file("compress.yaml", kCalibration);
  workshop.file("run.yaml", "dataset:\n" + test_images(images) + "check:\n  images: " + std::to_string(images) + "\n");
  const std::uint64_t products = multiply_accumulates(import_onnx(network_file(network)));
  std::set<double> accuracies;
  for (const std::vector<std::string>& engine : all_engines()) {
    INFO(joined(engine));
    const nlohmann::json results = workshop.run(workshop.compress(network_file(network), "image.h5", engine), "run");
    CHECK(results["images"] == images);
    CHECK(results["check"]["images"] == images);
    CHECK(results["check"]["equal_to_reference"] == true);
    CHECK(results["work"]["multiply_accumulates"] == products * static_cast<std::uint64_t>(images));
    CHECK(results["work"]["multiply_accumulates_of_graph"] == products * static_cast<std::uint64_t>(images));
    accuracies.insert(results["accuracy"]["simulated"].get<double>());
  }
  REQUIRE(accuracies.size() == 1);
  CHECK(*accuracies.begin() >= least_accuracy);
  WARN(network << ": " << images << " images on " << all_engines().size()
               << " engines, all equal to the reference, top-1 " << *accuracies.begin());
}

TEST_CASE("LeNet-5 is bit-exact on all engines") {
  check_all_engines("lenet5", kMostImages, 0.89);
}

TEST_CASE("The 8-layer network is bit-exact on all engines") {
  check_all_engines("vgg8", kMostImages / 5, 0.92);
}

TEST_CASE("Compression records the accuracy on all test images") {
  if (!available(kFashion)) return;
  const Workshop workshop;
  workshop.file("compress.yaml", kCalibration + "evaluation:\n" + test_images(kMostImages));
  for (const auto& [network, least] : {std::pair{"lenet5", 0.89}, std::pair{"vgg8", 0.92}}) {
    const Provenance provenance = read_image(workshop.compress(network_file(network), "image.h5")).provenance;
    WARN(network << ": top-1 in float " << provenance.float_accuracy << ", in 8 bits "
                 << provenance.reference_accuracy);
    CHECK(provenance.evaluation_images == kMostImages);
    CHECK(provenance.reference_accuracy >= least);
    CHECK(provenance.reference_accuracy >= provenance.float_accuracy - 0.01);
  }
}

}  // namespace
