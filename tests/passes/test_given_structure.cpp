#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

#include "compression/passes/given_structure.h"
#include "compression/passes/pattern_pruning.h"
#include "compression/passes/sensitivity.h"
#include "support/error.h"
#include "support/log.h"
#include "tests/fine_tuning/tiny_networks.h"
#include "tests/passes/npy.h"
#include "tests/passes/sample_layer.h"
#include "tests/support/temporary_folder.h"

namespace {

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;

/// A mask of any density; sometimes one that repeats from output to output.
std::vector<std::uint8_t> draw_mask(Random& random, const MatrixShape& matrix) {
  std::vector<std::uint8_t> mask(std::size_t{matrix.outputs} * matrix.rows_per_group);
  const int density = draw(random, 0, 4);
  const bool repeats = draw(random, 0, 1) == 1;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const bool first = i < matrix.rows_per_group || !repeats;
    mask[i] =
        first ? static_cast<std::uint8_t>(draw(random, 1, 4) <= density ? 1 : 0) : mask[i - matrix.rows_per_group];
  }
  return mask;
}

std::uint8_t at(const std::vector<std::uint8_t>& mask, const MatrixShape& matrix, const Segment& segment,
                Eigen::Index output, Eigen::Index row) {
  const auto in_layer =
      static_cast<std::size_t>(segment.group) * (matrix.outputs / matrix.groups) + static_cast<std::size_t>(output);
  return mask[in_layer * matrix.rows_per_group + static_cast<std::size_t>(segment.first_row + row)];
}

/// node0 is 4 x 2 x 3 x 3, node2 6 x 2 x 3 x 3 in two groups, node4 3 x 6 x 3 x 3 (fully connected).
struct Folder {
  Random random{1};
  Graph graph = tests::tiny_network(random);
  TemporaryFolder folder;
  CompressionConfig config;

  Folder() {
    init_logging(LogLevel::quiet);
    config.pattern_pruning.emplace();
    config.pattern_transform.emplace();
  }

  GivenStructures masks() {
    config.pattern_pruning->masks = folder.path().string();
    return load_given_structures(graph, config, 9);
  }
  GivenStructures codebooks() {
    config.pattern_transform->codebooks = folder.path().string();
    return load_given_structures(graph, config, 4);
  }
};

/// The error names all of these.
template <class Load>
void check_refused(Load load, const std::vector<std::string>& parts) {
  try {
    load();
    FAIL_CHECK("accepted; expected an error with " << parts.front());
  } catch (const InputError& error) {
    const std::string message = error.what();
    CHECK(std::count(message.begin(), message.end(), '\n') == 0);
    for (const std::string& part : parts) CHECK_THAT(message, Contains(part));
  }
}

}  // namespace

TEST_CASE("The shapes of a mask keep exactly its weights") {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const MatrixShape matrix = draw_matrix_shape(random);
    const int unit_rows = draw(random, 1, 9);
    const std::vector<std::uint8_t> mask = draw_mask(random, matrix);
    const std::optional<RowShapes> shapes = shapes_of_mask(matrix, mask, unit_rows);
    REQUIRE(shapes.has_value());
    CHECK(shapes->block_rows % unit_rows == 0);
    CHECK(segment_alignment(unit_rows) % shapes->block_rows == 0);
    CHECK(std::set<std::vector<std::uint32_t>>(shapes->shapes.begin(), shapes->shapes.end()).size() ==
          shapes->shapes.size());
    REQUIRE(!shapes->shapes.empty());
    for (const auto& shape : shapes->shapes) {
      REQUIRE(!shape.empty());
      CHECK(std::is_sorted(shape.begin(), shape.end()));
    }
    for (const Segment& segment : segments_of(matrix, segment_alignment(unit_rows))) {
      const Matrix kept = kept_weights(matrix, segment, *shapes);
      for (Eigen::Index output = 0; output < kept.rows(); ++output) {
        for (Eigen::Index row = 0; row < segment.rows; ++row) {
          CHECK(kept(output, row) == at(mask, matrix, segment, output, row));
        }
      }
    }
  }
}

TEST_CASE("Blocks are as high as the mask's structure") {
  // Nine of 18 rows, the upper ones or the lower ones.
  const MatrixShape matrix{8, 1, 36};
  std::vector<std::uint8_t> mask;
  for (std::uint32_t output = 0; output < 8; ++output) {
    for (std::uint32_t row = 0; row < 36; ++row) mask.push_back(row % 2 == output % 2 ? 1 : 0);
  }
  const std::optional<RowShapes> shapes = shapes_of_mask(matrix, mask, 9);
  CHECK(shapes->block_rows == 18);
  CHECK(shapes->shapes.size() == 2);
  CHECK(shapes_of_mask(matrix, std::vector<std::uint8_t>(8 * 36, 1), 9)->block_rows == 9);
  const std::optional<RowShapes> nothing = shapes_of_mask(matrix, std::vector<std::uint8_t>(8 * 36, 0), 9);
  CHECK(std::all_of(nothing->shape_of.begin(), nothing->shape_of.end(), [](int shape) { return shape == -1; }));
}

TEST_CASE("A layer is pruned to its mask at every strength, with compensation") {
  double with = 0.0;
  double without = 0.0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const SampleLayer sample = sample_layer(random, draw_matrix_shape(random), 9);
    const std::vector<std::uint8_t> mask = draw_mask(random, sample.matrix);
    const GivenStructure given{shapes_of_mask(sample.matrix, mask, 9), {}, {}};
    WeightCompressionOptions options;
    options.given = &given;
    for (const WeightStrength& strength :
         {WeightStrength{}, WeightStrength{0.2, {}, {}}, WeightStrength{{}, PatchStrength{}, {}}}) {
      FloatConvolution convolution = sample.convolution;
      compress_weights(sample.matrix, sample.segments, sample.compensators, strength, options, convolution);
      bool any = false;
      for (std::size_t i = 0; i < mask.size(); ++i) {
        if (mask[i] == 0) CHECK(convolution.weights[i] == 0.0F);
        any = any || convolution.weights[i] != 0.0F;
      }
      if (std::count(mask.begin(), mask.end(), 1) > 3) CHECK(any);
    }
    FloatConvolution convolution = sample.convolution;
    compress_weights(sample.matrix, sample.segments, sample.compensators, {}, options, convolution);
    with += sample.relative_error(convolution);
    options.compensated = false;
    convolution = sample.convolution;
    compress_weights(sample.matrix, sample.segments, sample.compensators, {}, options, convolution);
    without += sample.relative_error(convolution);
  }
  CHECK(with < 0.6 * without);
}

TEST_CASE("Every pattern of a layer with codebooks is one of them") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const SampleLayer sample = sample_layer(random, draw_matrix_shape(random), 9);
    GivenStructure given{{}, Codebooks{}, {1.0, draw(random, 0, 1) == 1, draw(random, 1, 4)}};
    for (const RowGroup& group : row_groups(sample.matrix, nullptr, 9)) {
      auto& words = given.codebooks->emplace_back(static_cast<std::size_t>(draw(random, 1, 6)));
      for (auto& word : words) {
        for (std::size_t row = 0; row < group.rows.size(); ++row) {
          word.push_back(static_cast<std::int8_t>(draw(random, -100, 100)));
        }
      }
    }
    WeightCompressionOptions options;
    options.given = &given;
    FloatConvolution convolution = sample.convolution;
    const CompressedLayer layer =
        compress_weights(sample.matrix, sample.segments, sample.compensators, {}, options, convolution);
    REQUIRE(layer.codes.size() == given.codebooks->size());
    for (std::size_t g = 0; g < layer.codes.size(); ++g) {
      CHECK(layer.codes[g].uses.size() == layer.groups[g].outputs.size());
      for (const auto& word : layer.codes[g].codebook) {
        const auto& words = (*given.codebooks)[g];
        CHECK(std::find(words.begin(), words.end(), word) != words.end());
      }
    }
  }
}

TEST_CASE("Masks are read by layer, in the weights' shape or flat") {
  Folder folder;
  std::string bytes(72, '\1');
  bytes[3] = '\0';
  folder.folder.file("node0.npy", npy("|u1", {4, 2, 3, 3}, bytes));
  folder.folder.file("node4.npy", npy("|b1", {3, 54}, std::string(162, '\0')));
  const GivenStructures given = folder.masks();
  REQUIRE(given.size() == 2);
  const MatrixShape matrix = matrix_shape(folder.graph, 0);
  const Segment segment = segments_of(matrix, segment_alignment(9)).front();
  Matrix expected = Matrix::Ones(4, 19);
  expected(0, 3) = 0.0F;
  CHECK(kept_weights(matrix, segment, *given.at(0).shapes) == expected);
  CHECK(!given.at(0).codebooks);
  CHECK(kept_weights(matrix_shape(folder.graph, 4), {0, 0, 54}, *given.at(4).shapes).leftCols(54).isZero(0.0F));
}

TEST_CASE("Masks that do not fit are refused with file, layer and what was expected") {
  const std::string ones(72, '\1');
  const auto refused = [](const std::string& name, const std::string& content, std::vector<std::string> parts) {
    Folder folder;
    parts.push_back(folder.folder.file(name, content));
    parts.emplace_back("compression.pattern_pruning.masks");
    check_refused([&] { folder.masks(); }, parts);
  };
  refused("node0.npy", npy("|u1", {4, 2, 9}, ones), {"node0", "4 x 2 x 9", "4 x 2 x 3 x 3 or 4 x 18"});
  refused("node2.npy", npy("|u1", {4, 2, 3, 3}, ones), {"layer 'node2'", "6 x 2 x 3 x 3 or 6 x 18"});
  refused("node0.npy", npy("<f4", {4, 18}, ones + ones + ones + ones), {"layer 'node0'", "<f4", "|u1"});
  refused("node0.npy", npy("|u1", {4, 18}, ones.substr(1) + '\2'),
          {"layer 'node0'", "weight 71", "2, expected 0 or 1"});
  refused("node0.npy", npy("|u1", {4, 18}, ones.substr(1)), {"layer 'node0'", "truncated"});
  refused("node0.npy", "nothing", {"layer 'node0'", "not an NPY file"});
  refused("node1.npy", npy("|u1", {4, 18}, ones), {"names no convolution", "node0.npy, node2.npy, node4.npy"});
  refused("node0.txt", ones, {"names no convolution"});
  Folder folder;
  std::filesystem::create_directory(folder.folder.path() / "node0.npy");
  check_refused([&] { folder.masks(); }, {"node0.npy", "layer 'node0'", "no regular file"});
  folder.config.pattern_pruning->masks = (folder.folder.path() / "absent").string();
  check_refused([&] { load_given_structures(folder.graph, folder.config, 9); },
                {"compression.pattern_pruning.masks", "absent", "expected a folder"});
  folder.config.pattern_pruning->masks = folder.folder.file("file", "");
  check_refused([&] { load_given_structures(folder.graph, folder.config, 9); }, {"file", "expected a folder"});
}

TEST_CASE("Codebooks are read by row group, groups of fewer rows end in zeros") {
  Folder folder;
  // node0 has 18 rows: groups of 4, 4, 4, 4 and 2. Two codewords each.
  std::string bytes;
  for (int i = 0; i < 40; ++i) bytes += static_cast<char>(i >= 32 && i % 4 > 1 ? 0 : i - 20);
  folder.folder.file("node0.npy", npy("|i1", {5, 2, 4}, bytes));
  folder.config.pattern_transform->signs = true;
  folder.config.pattern_transform->scales = 3;
  const GivenStructures given = folder.codebooks();
  REQUIRE(given.size() == 1);
  const GivenStructure& structure = given.at(0);
  CHECK(structure.uses.signs);
  CHECK(structure.uses.scales == 3);
  REQUIRE(structure.codebooks->size() == 5);
  CHECK((*structure.codebooks)[0][1] == std::vector<std::int8_t>{-16, -15, -14, -13});
  CHECK((*structure.codebooks)[4][1] == std::vector<std::int8_t>{16, 17});
}

TEST_CASE("Codebooks that do not fit are refused with file, layer and what was expected") {
  const auto refused = [](const std::string& name, const std::string& content, std::vector<std::string> parts) {
    Folder folder;
    parts.push_back(folder.folder.file(name, content));
    parts.emplace_back("compression.pattern_transform.codebooks");
    check_refused([&] { folder.codebooks(); }, parts);
  };
  refused("node0.npy", npy("|i1", {2, 2, 4}, std::string(16, '\1')), {"layer 'node0'", "2 x 2 x 4", "5 (row groups)"});
  refused("node0.npy", npy("|i1", {5, 8}, std::string(40, '\1')), {"layer 'node0'", "5 x 8", "x 4 (rows)"});
  refused("node0.npy", npy("|u1", {5, 1, 4}, std::string(20, '\1')), {"layer 'node0'", "|u1", "|i1"});
  refused("node0.npy", npy("|i1", {5, 1, 4}, std::string(20, '\1')),
          {"layer 'node0'", "row group 4, codeword 0, row 2", "expected 0, as the group has 2 rows"});
  refused("node0.npy", npy("|i1", {5, 1, 4}, '\x80' + std::string(19, '\0')),
          {"layer 'node0'", "row group 0, codeword 0, row 0", "-128, expected -127..127"});
  refused("Conv.npy", "", {"names no convolution"});
  Folder both;
  both.folder.file("node0.npy", npy("|u1", {4, 18}, std::string(72, '\1')));
  both.config.pattern_pruning->masks = both.folder.path().string();
  check_refused([&] { both.codebooks(); }, {"node0.npy", "layer 'node0'", "a mask for the same layer"});
}

TEST_CASE("Given structures leave only the options that go with them") {
  Folder folder;
  folder.folder.file("node0.npy", npy("|u1", {4, 18}, std::string(36, '\1') + std::string(36, '\0')));
  folder.config.preset = CompressionPreset::all;
  apply_preset(folder.config);
  std::vector<std::vector<float>> images;
  for (int i = 0; i < 4; ++i) images.push_back(tests::draw_numbers(folder.random, 72));
  CompressionTask task{folder.graph, images, images, std::vector<Quantisation>(5, {0.02, 0}), {}, folder.masks()};
  task.given[2].codebooks = Codebooks(4, {{10, 0, -10, 20, 0, -20, 30, 0, -30}});
  const std::vector<LayerSensitivity> layers = analyse_sensitivity(task, folder.config);
  CHECK(layers[0].weights.front().label == "as given");
  CHECK(layers[0].weights.front().cost.cells == 2 * 18 * 8);
  CHECK(layers[0].weights.size() == 14);  // seven bits, six codebooks
  for (const LayerOption& option : layers[0].weights) CHECK_THAT(option.label, !Contains("kept"));
  CHECK(layers[1].weights.size() == 1);
  CHECK(layers[1].weights.front().cost.cells <= 4 * 9 * 8);
  CHECK(layers[2].weights.size() > 14);
  CHECK(layers[2].weights.front().label == "as it is");
}
