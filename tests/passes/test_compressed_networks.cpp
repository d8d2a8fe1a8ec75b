#include <catch2/catch.hpp>

#include <filesystem>
#include <variant>
#include <vector>

#include "compression/datasets/dataset.h"
#include "compression/network/onnx_import.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/output_distance.h"
#include "compression/passes/weight_compression.h"
#include "support/log.h"

// What the passes are for, on a trained network: LeNet-5 on Fashion-MNIST.

namespace {

using namespace reprise;
namespace fs = std::filesystem;

const fs::path kFashion = "/usr/share/datasets/fashion-mnist";
const Preprocessing kPreprocessing{1.0 / 255.0, {0.2860}, {0.3530}, false};

Dataset images(const char* set, std::size_t count) {
  DatasetConfig config;
  config.images = (kFashion / (std::string(set) + "-images-idx3-ubyte.gz")).string();
  config.labels = (kFashion / (std::string(set) + "-labels-idx1-ubyte.gz")).string();
  config.count = count;
  return load_dataset(config);
}

std::vector<std::vector<float>> preprocessed(const Dataset& dataset) {
  std::vector<std::vector<float>> result;
  for (std::size_t i = 0; i < dataset.size(); ++i) result.push_back(dataset.preprocessed(i, kPreprocessing));
  return result;
}

/// All convolutions at one strength, each for the inputs that those before it give.
Graph compressed(const Graph& graph, const std::vector<std::vector<float>>& calibration, const WeightStrength& strength,
                 bool compensated) {
  Graph result = graph;
  PairedRun run(graph, result, calibration);
  WeightCompressionOptions options;
  options.compensated = compensated;
  for (int node = 0; node < static_cast<int>(graph.nodes.size()); ++node) {
    auto* convolution = std::get_if<FloatConvolution>(&result.nodes[static_cast<std::size_t>(node)].operation);
    if (convolution == nullptr) continue;
    run.advance_to(node);
    const MatrixShape matrix = matrix_shape(graph, node);
    const std::vector<Segment> segments = segments_of(matrix, segment_alignment(options.unit_rows));
    const std::vector<Compensator> compensators = compensators_for(run, node, segments, 0.01);
    compress_weights(matrix, segments, compensators, strength, options, *convolution);
  }
  return result;
}

struct Loss {
  Distance distance;
  double accuracy = 0.0;
};

void check_compensation(const WeightStrength& strength, double most_lost) {
  init_logging(LogLevel::quiet);
  const fs::path file = fs::path(NETWORKS_FOLDER) / "lenet5_fashion_mnist.onnx";
  if (!fs::exists(kFashion)) {
    WARN("SKIPPED: " << kFashion << " is missing");
    return;
  }
  const Graph graph = import_onnx(file);
  const auto calibration = preprocessed(images("train", 256));
  const Dataset test = images("t10k", 1000);
  const OutputDistance distance(graph, preprocessed(test));
  const auto loss = [&](bool compensated) {
    const Graph changed = compressed(graph, calibration, strength, compensated);
    return Loss{distance.measure(changed), float_accuracy(changed, test, kPreprocessing)};
  };
  const double before = float_accuracy(graph, test, kPreprocessing);
  const Loss with = loss(true);
  const Loss without = loss(false);
  INFO("accuracy " << before << ", compensated " << with.accuracy << ", not " << without.accuracy << "; divergence "
                   << with.distance.divergence << ", not " << without.distance.divergence);
  CHECK(with.distance.divergence < 0.3 * without.distance.divergence);
  CHECK(with.accuracy > without.accuracy);
  CHECK(with.accuracy > before - most_lost);
}

}  // namespace

TEST_CASE("Compensation makes a codebook of half the kernels bearable") {
  check_compensation({{}, {}, TransformStrength{0.5, false, 1}}, 0.04);
}

TEST_CASE("Compensation makes two bits a weight bearable") {
  check_compensation({{}, PatchStrength{2.5, 0.5, 0.6}, {}}, 0.02);
}

TEST_CASE("Compensation makes pruning to a third bearable") {
  check_compensation({0.33, {}, {}}, 0.03);
}
