#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <random>

#include "compression/image/image_file.h"
#include "tests/network/onnx_builder.h"
#include "tests/passes/npy.h"
#include "tests/scenarios/workshop.h"

// Compression where there is little to compress, little to go by, or where it cannot succeed. 12 random images.

namespace {

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;
using Arguments = std::vector<std::string>;

/// compress.yaml with a section `compression`, and the call that uses it.
Outcome compress(const Workshop& workshop, const std::string& compression, const std::string& network,
                 const Arguments& more = {}) {
  static const std::string base = read_text(Workshop().path("compress.yaml"));
  workshop.file("compress.yaml", base + compression);
  Arguments arguments{"-q", "compress", network, "-c", workshop.path("compress.yaml"), "-o", workshop.path("new.h5")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments);
}

void check_failed(const Workshop& workshop, const std::string& compression, int code,
                  const std::vector<std::string>& expected, const Arguments& more = {}) {
  const Outcome outcome = compress(workshop, compression, network_file("lenet5"), more);
  INFO(compression << "\n" << outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  for (const std::string& part : expected) CHECK_THAT(outcome.err, Contains(part));
  for (const std::string& line : workshop.listing()) CHECK_THAT(line, !Contains("new."));
}

/// Compresses, runs what comes out against the integer reference, and gives the image.
WeightImage check_good(const Workshop& workshop, const std::string& compression, const std::string& network,
                       const Arguments& more = {}) {
  const Outcome outcome = compress(workshop, compression, network, more);
  INFO(compression << "\n" << outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(std::filesystem::exists(workshop.path("new.sensitivity.csv")));
  workshop.run(workshop.path("new.h5"), "results");
  return read_image(workshop.path("new.h5"));
}

std::string preset(const std::string& name) {
  return "compression: {preset: " + name + "}\n";
}

const std::vector<std::string> kPresets{"pruning", "patch", "reuse", "all"};

/// The text of an integer array as NumPy stores it.
std::string mask_file(const std::vector<std::uint64_t>& shape, const std::string& bytes) {
  return npy("|u1", shape, bytes);
}

Floats draw_floats(std::mt19937& random, std::size_t count) {
  std::normal_distribution<float> number(0.0F, 0.3F);
  Floats values(count);
  for (float& value : values) value = number(random);
  return values;
}

/// A network of images of 1 x 28 x 28, ten classes; the convolution before the last has the weights given.
std::string odd_network(const Workshop& workshop, const Sizes& shape, const Floats& weights, int groups = 1) {
  std::mt19937 random(5);
  OnnxBuilder builder({1, 1, 28, 28});
  builder.constant("first", {4, 1, 3, 3}, draw_floats(random, 36));
  builder.node("Conv", {"input", "first"}, "a").with("strides", Sizes{4, 4}).named("first");
  builder.node("Relu", {"a"}, "b").named("relu");
  builder.constant("odd", shape, weights);
  builder.node("Conv", {"b", "odd"}, "c").with("group", groups).named("odd");
  const auto side = static_cast<std::size_t>(7 - shape[2] + 1);
  const std::size_t inputs = static_cast<std::size_t>(shape[0]) * side * side;
  builder.node("Flatten", {"c"}, "d").named("flat");
  builder.constant("last", {10, static_cast<std::int64_t>(inputs)}, draw_floats(random, 10 * inputs));
  builder.node("Gemm", {"d", "last"}).with("transB", 1).named("last");
  return workshop.file("odd.onnx", builder.bytes());
}

}  // namespace

TEST_CASE("An accuracy budget that cannot be met: exit code 4, the best that was reached, nothing written") {
  const Workshop workshop;
  // Half of all activations are cut off: 8 bits alone lose more than the budget.
  check_failed(workshop, preset("reuse") + "quantisation: {activation_range: percentile, percentile: 50}\n", 4,
               {"check failed: compression.accuracy_budget: 1 points cannot be met", "in 8 bits and not compressed",
                "of 12 validation images", "trained network 100.00%"});
  // The outputs' weights are all masked.
  std::filesystem::create_directory(workshop.path("masks"));
  workshop.file("masks/_11_Gemm.npy", mask_file({10, 84}, std::string(840, '\0')));
  check_failed(workshop, "compression: {accuracy_budget: 5, pattern_pruning: {masks: masks}}\n", 4,
               {"accuracy_budget: 5 points cannot be met", "with the given masks and codebooks"});
}

TEST_CASE("A budget of nothing") {
  const Workshop workshop;
  // Either nothing is lost, or the program says so.
  for (const std::string name : {"patch", "reuse"}) {
    const Outcome outcome =
        compress(workshop, "compression: {accuracy_budget: 0, preset: " + name + "}\n", network_file("lenet5"));
    INFO(outcome.err);
    CHECK((outcome.code == 0 || outcome.code == 4));
    CHECK(std::filesystem::exists(workshop.path("new.h5")) == (outcome.code == 0));
    std::filesystem::remove(workshop.path("new.h5"));
  }
}

TEST_CASE("With 100 points to lose each layer takes the last that is offered, and nothing is measured") {
  const Workshop workshop;
  const std::string network = network_file("lenet5");
  const std::string offered = "preset: reuse, pattern_transform: {distinct: [0.9, 0.25]}}\n";
  REQUIRE(compress(workshop, "compression: {accuracy_budget: 100, " + offered, network).code == 0);
  CHECK(!std::filesystem::exists(workshop.path("new.sensitivity.csv")));
  const WeightImage image = read_image(workshop.path("new.h5"));
  // The fourth layer is fully connected, of 120 inputs and 84 outputs: 21 patterns in each group of nine rows.
  CHECK(image.mappings.at(3).storage.cells <= 21 * 120 * 8);
  const Outcome outcome = run_program({"compress", network, "-c", workshop.path("compress.yaml"), "-o",
                                       workshop.path("again.h5"), "--preset", "reuse"});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, !Contains("left out"));
  CHECK_THAT(outcome.err, !Contains("trial 1") && !Contains("points are lost at a divergence"));
}

TEST_CASE("Fewer images than are asked for, and no labels") {
  const Workshop workshop;
  // 12 images for 256 of statistics, 64 of sensitivities and 1000 of validation.
  for (const std::string name : {"pruning", "patch"}) check_good(workshop, preset(name), network_file("lenet5"));
  const Outcome outcome = run_program(
      {"compress", network_file("lenet5"), "-c", workshop.path("compress.yaml"), "-o", workshop.path("new.h5")});
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, Contains("12 calibration images for 12 of statistics and 12 of validation"));
}

TEST_CASE("One image is enough, even an empty one") {
  const Workshop workshop;
  for (const char pixel : {'\0', '\x7F'}) {
    workshop.file("one.raw", std::string(28 * 28, pixel));
    const std::string config =
        "preprocessing: {scale: 0.01}\ncalibration: {format: raw, channels: 1, height: 28, width: "
        "28, images: one.raw}\n";
    workshop.file("one.yaml", config + preset("all"));
    const Outcome outcome = run_program(
        {"-q", "compress", network_file("lenet5"), "-c", workshop.path("one.yaml"), "-o", workshop.path("one.h5")});
    INFO(outcome.err);
    CHECK(outcome.code == 0);
    workshop.run(workshop.path("one.h5"), "results");
  }
}

TEST_CASE("Calibration images of another shape, or of no number") {
  const Workshop workshop;
  workshop.file("other.raw", std::string(3 * 14 * 14, 'x'));
  workshop.file("other.yaml",
                "calibration: {format: raw, channels: 3, height: 14, width: 14, images: other.raw}\n" + preset("all"));
  const std::vector<std::string> before = workshop.listing();
  Arguments call{
      "-q", "compress", network_file("lenet5"), "-c", workshop.path("other.yaml"), "-o", workshop.path("new.h5")};
  Outcome outcome = run_program(call);
  CHECK(outcome.code == 2);
  for (const char* part : {"other.raw", "3 x 14 x 14", "1 x 28 x 28"}) CHECK_THAT(outcome.err, Contains(part));
  CHECK(workshop.listing() == before);
  workshop.file("other.raw", "");
  outcome = run_program(call);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains("other.raw"));
}

TEST_CASE("Calibration labels that the network has no class for") {
  const Workshop workshop;
  workshop.file("labels.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n10\n");
  workshop.file("labelled.yaml",
                "calibration: {format: idx, images: images.idx, labels: labels.txt}\n" + preset("reuse"));
  const Outcome outcome = run_program(
      {"-q", "compress", network_file("lenet5"), "-c", workshop.path("labelled.yaml"), "-o", workshop.path("new.h5")});
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains("image 11 has label 10") && Contains("10 classes"));
}

TEST_CASE("Layers of zeros, of one channel, of one output, of one weight") {
  const Workshop workshop;
  std::mt19937 random(6);
  const std::vector<std::string> networks{"zeros", "one output", "depthwise", "one weight", "grouped"};
  for (const std::string& kind : networks) {
    for (const std::string& name : kPresets) {
      INFO(kind << ", preset " << name);
      std::string network;
      if (kind == "zeros") network = odd_network(workshop, {6, 4, 3, 3}, Floats(216, 0.0F));
      if (kind == "one output") network = odd_network(workshop, {1, 4, 3, 3}, draw_floats(random, 36));
      if (kind == "depthwise") network = odd_network(workshop, {4, 1, 3, 3}, draw_floats(random, 36), 4);
      if (kind == "one weight") network = odd_network(workshop, {4, 1, 1, 1}, draw_floats(random, 4), 4);
      if (kind == "grouped") network = odd_network(workshop, {8, 2, 3, 3}, draw_floats(random, 144), 2);
      check_good(workshop, "compression: {accuracy_budget: 99, preset: " + name + "}\n", network);
    }
  }
}

TEST_CASE("A layer whose inputs are zero for every image") {
  const Workshop workshop;
  std::mt19937 random(7);
  OnnxBuilder builder({1, 1, 28, 28});
  builder.constant("w", {4, 1, 3, 3}, draw_floats(random, 36));
  builder.constant("b", {4}, Floats(4, -1000.0F));  // the rectifier lets nothing through
  builder.node("Conv", {"input", "w", "b"}, "a").with("strides", Sizes{4, 4}).named("first");
  builder.node("Relu", {"a"}, "z").named("relu");
  builder.constant("dead", {6, 4, 3, 3}, draw_floats(random, 216));
  builder.constant("bias", {6}, draw_floats(random, 6));
  builder.node("Conv", {"z", "dead", "bias"}, "c").named("dead");
  builder.node("Flatten", {"c"}, "d").named("flat");
  builder.constant("last", {10, 150}, draw_floats(random, 1500));
  builder.node("Gemm", {"d", "last"}).with("transB", 1).named("last");
  const std::string network = workshop.file("dead.onnx", builder.bytes());
  for (const std::string& name : kPresets) {
    INFO(name);
    check_good(workshop, preset(name), network);
    check_good(workshop, "compression: {damping: 0.000001, preset: " + name + "}\n", network);
  }
}

TEST_CASE("A network without a convolution") {
  const Workshop workshop;
  OnnxBuilder builder({1, 1, 28, 28});
  builder.node("MaxPool", {"input"}, "a").with("kernel_shape", Sizes{14, 14}).with("strides", Sizes{14, 14});
  builder.node("Flatten", {"a"});
  const std::string network = workshop.file("pools.onnx", builder.bytes());
  for (const std::string& name : kPresets) {
    const WeightImage image = check_good(workshop, preset(name), network);
    CHECK(image.mappings.empty());
  }
}

TEST_CASE("The option --preset against what the configuration says") {
  const Workshop workshop;
  const auto options_tried = [&] { return read_text(workshop.path("new.sensitivity.csv")); };
  // In place of another preset.
  check_good(workshop, preset("pruning"), network_file("lenet5"), {"--preset", "reuse"});
  CHECK_THAT(options_tried(), Contains("distinct 0.5") && !Contains("kept 0.5") && !Contains("planes"));
  CHECK_THAT(read_image(workshop.path("new.h5")).provenance.configuration, Contains("preset: reuse"));
  // Of the sections that the configuration has, those of its passes count.
  check_good(workshop, "compression: {patch_quantisation: {bits: [3.5]}, pattern_transform: {distinct: [0.5, 0.45]}}\n",
             network_file("lenet5"), {"--preset", "reuse"});
  CHECK_THAT(options_tried(), Contains("distinct 0.45") && !Contains("distinct 0.35") && !Contains("bits 3.5"));
  const Outcome told = run_program({"compress", network_file("lenet5"), "-c", workshop.path("compress.yaml"), "-o",
                                    workshop.path("new.h5"), "--preset", "reuse"});
  CHECK_THAT(told.err, Contains("compression.patch_quantisation: not a pass of the preset, left out"));
  // And without a section at all.
  check_good(workshop, "", network_file("lenet5"), {"--preset", "patch"});
  CHECK_THAT(options_tried(), Contains("bits 4") && !Contains("distinct"));
  check_failed(Workshop(), preset("reuse"), 2, {"--preset", "At Most 1"}, {"--preset", "patch", "--preset", "all"});
  check_failed(Workshop(), preset("reuse"), 2, {"--preset"}, {"--preset", "some"});
}

TEST_CASE("Strengths that make no sense") {
  const Workshop workshop;
  check_failed(workshop, "compression: {}\n", 2, {"compression: no pass is on"});
  check_failed(workshop, "compression: {activation_pruning: {planes: [5, 4], quiet: [0.1]}}\n", 2,
               {"compression.activation_pruning", "different lengths"});
  check_failed(workshop, "compression: {activation_pruning: {planes: [4.5], quiet: [0.1]}}\n", 2,
               {"compression.activation_pruning.planes: 4.5", "whole numbers"});
  check_good(workshop, "compression: {pattern_pruning: {kept: []}}\n", network_file("lenet5"));
}

TEST_CASE("Masks and codebooks that the program is given") {
  const Workshop workshop;
  std::filesystem::create_directory(workshop.path("masks"));
  std::string mask(16 * 150, '\0');
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = static_cast<char>(i % 5 < 3 ? 1 : 0);
  workshop.file("masks/_3_Conv.npy", mask_file({16, 6, 5, 5}, mask));
  std::filesystem::create_directory(workshop.path("codebooks"));
  std::string codebook(9 * 4 * 10, '\0');  // _9_Gemm has 14 groups, _11_Gemm 10: of its 84 rows three are in the last
  for (std::size_t i = 0; i < codebook.size(); ++i) {
    codebook[i] = static_cast<char>(i / 36 < 9 || i % 9 < 3 ? static_cast<int>(i * 37 % 200) - 100 : 0);
  }
  workshop.file("codebooks/_11_Gemm.npy", npy("|i1", {10, 4, 9}, codebook));
  const std::string given =
      "compression:\n  accuracy_budget: 99\n  pattern_pruning: {masks: masks, kept: []}\n"
      "  pattern_transform: {codebooks: codebooks, distinct: []}\n";
  const WeightImage image = check_good(workshop, given, network_file("lenet5"));
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) CHECK(image.reference_weights.at(2).at(i) == 0);
  }
  CHECK(image.engine == EngineKind::wpr);
  CHECK(image.mappings.at(1).storage.cells <= 16 * 90 * 8);
  // The last layer: at most four patterns in each group of nine rows.
  CHECK(image.mappings.at(4).storage.cells <= 10 * 4 * 9 * 8);
  CHECK(image.mappings.at(3).storage.cells > 84 * 100 * 8);
}

TEST_CASE("Masks and codebooks that cannot be used are refused before any work") {
  const Workshop workshop;
  const std::string masks = "compression: {pattern_pruning: {masks: masks}}\n";
  check_failed(workshop, masks, 2, {"compression.pattern_pruning.masks", workshop.path("masks"), "expected a folder"});
  std::filesystem::create_directory(workshop.path("masks"));
  workshop.file("masks/_3_Con.npy", "");
  check_failed(workshop, masks, 2, {"_3_Con.npy", "names no convolution", "_0_Conv.npy, _11_Gemm.npy, _3_Conv.npy"});
  std::filesystem::rename(workshop.path("masks/_3_Con.npy"), workshop.path("masks/_3_Conv.npy"));
  workshop.file("masks/_3_Conv.npy", mask_file({16, 5, 5, 6}, std::string(2400, '\1')));
  check_failed(workshop, masks, 2, {"_3_Conv.npy", "'/3/Conv'", "16 x 5 x 5 x 6", "16 x 6 x 5 x 5 or 16 x 150"});
  workshop.file("masks/_3_Conv.npy", mask_file({16, 150}, std::string(2400, '\3')));
  check_failed(workshop, masks, 2, {"_3_Conv.npy", "'/3/Conv'", "weight 0 has the value 3, expected 0 or 1"});
  const std::string codebooks = "compression: {pattern_transform: {codebooks: masks}}\n";
  check_failed(workshop, codebooks, 2, {"_3_Conv.npy", "'/3/Conv'", "|u1", "|i1"});
}
