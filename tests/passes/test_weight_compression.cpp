#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "compression/passes/pattern_pruning.h"
#include "compression/passes/weight_compression.h"
#include "tests/passes/sample_layer.h"

// All ways to compress the weights of all kinds of convolutions.

namespace {

using namespace reprise;
using namespace reprise::test;

WeightStrength draw_strength(Random& random) {
  WeightStrength strength;
  if (draw(random, 0, 1) == 1) strength.kept = draw(random, 2, 100) / 100.0;
  switch (draw(random, 0, 2)) {
    case 0:
      strength.patch = PatchStrength{draw(random, 1, 80) / 10.0, 0.5, draw(random, 0, 10) / 10.0};
      break;
    case 1:
      strength.transform = TransformStrength{draw(random, 1, 100) / 100.0, draw(random, 0, 1) == 1, draw(random, 1, 4)};
      break;
    default:
      break;
  }
  return strength;
}

/// All weights are integers of -127..127 times their output's step, and 0 where the shapes say so.
void check_layer(const CompressedLayer& layer, const SampleLayer& sample, const FloatConvolution& changed,
                 int unit_rows) {
  const MatrixShape& matrix = sample.matrix;
  REQUIRE(layer.steps.size() == matrix.outputs);
  REQUIRE(changed.weights.size() == sample.convolution.weights.size());
  for (std::size_t i = 0; i < changed.weights.size(); ++i) {
    const double step = layer.steps[i / matrix.rows_per_group];
    REQUIRE(step > 0.0);
    const double in_steps = double{changed.weights[i]} / step;
    CHECK(std::abs(in_steps - std::round(in_steps)) < 1e-3);
    CHECK(std::abs(in_steps) < 127.001);
  }
  for (const float bias : changed.bias) CHECK(std::isfinite(bias));
  std::vector<int> covered(changed.weights.size());
  for (const RowGroup& group : layer.groups) {
    CHECK(static_cast<int>(group.rows.size()) <= unit_rows);
    for (const std::uint32_t output : group.outputs) {
      for (const std::uint32_t row : group.rows) {
        ++covered[output * matrix.rows_per_group + row % matrix.rows_per_group];
      }
    }
  }
  for (std::size_t i = 0; i < covered.size(); ++i) {
    CHECK(covered[i] <= 1);
    if (covered[i] == 0) CHECK(changed.weights[i] == 0.0F);
  }
  CHECK(layer.codes.size() == layer.groups.size());
}

struct Result {
  CompressedLayer layer;
  FloatConvolution convolution;
};

Result compress(const SampleLayer& sample, const WeightStrength& strength, int unit_rows, bool compensated = true) {
  Result result{{}, sample.convolution};
  WeightCompressionOptions options;
  options.unit_rows = unit_rows;
  options.compensated = compensated;
  result.layer =
      compress_weights(sample.matrix, sample.segments, sample.compensators, strength, options, result.convolution);
  return result;
}

}  // namespace

TEST_CASE("Convolutions of every kind at every strength obey what was decided") {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int unit_rows = draw(random, 1, 12);
    SampleLayer sample = sample_layer(random, draw_matrix_shape(random), unit_rows);
    if (draw(random, 0, 4) == 0) {  // an output of nothing
      std::fill_n(sample.convolution.weights.begin(), sample.matrix.rows_per_group, 0.0F);
    }
    const Result result = compress(sample, draw_strength(random), unit_rows, draw(random, 0, 1) == 1);
    check_layer(result.layer, sample, result.convolution, unit_rows);
  }
}

TEST_CASE("8 bits alone are nearly lossless") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const SampleLayer sample = sample_layer(random, draw_matrix_shape(random), 9);
    CHECK(sample.relative_error(compress(sample, {}, 9).convolution) < 1e-3);
  }
}

TEST_CASE("A layer of zeros stays one") {
  Random random(9);
  for (const MatrixShape& matrix : {MatrixShape{8, 1, 27}, MatrixShape{6, 3, 9}, MatrixShape{1, 1, 1}}) {
    SampleLayer sample = sample_layer(random, matrix, 9);
    std::fill(sample.convolution.weights.begin(), sample.convolution.weights.end(), 0.0F);
    const std::vector<float> bias = sample.convolution.bias;
    for (const WeightStrength& strength :
         {WeightStrength{}, WeightStrength{0.5, {}, {}}, WeightStrength{{}, PatchStrength{}, {}},
          WeightStrength{{}, {}, TransformStrength{}}, WeightStrength{0.9, PatchStrength{}, {}}}) {
      const Result result = compress(sample, strength, 9);
      check_layer(result.layer, sample, result.convolution, 9);
      for (const float weight : result.convolution.weights) CHECK(weight == 0.0F);
      for (std::size_t o = 0; o < bias.size(); ++o) CHECK(result.convolution.bias[o] == Approx(bias[o]));
      if (strength.kept) CHECK(result.layer.groups.empty());
    }
  }
}

TEST_CASE("A layer whose inputs are all zero is compressed like any other") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    SampleLayer sample = sample_layer(random, draw_matrix_shape(random), 9);
    sample.compensators.clear();
    for (Matrix& inputs : sample.inputs) {
      inputs.setZero();
      inputs.bottomRows(1).setOnes();
      sample.compensators.emplace_back(statistics_of(inputs, inputs), draw(random, 0, 1) == 1 ? 0.01 : 1e-6);
    }
    const Result result = compress(sample, draw_strength(random), 9);
    check_layer(result.layer, sample, result.convolution, 9);
    for (std::size_t o = 0; o < sample.convolution.bias.size(); ++o) {
      CHECK(result.convolution.bias[o] == Approx(sample.convolution.bias[o]).margin(1e-4));
    }
  }
}

TEST_CASE("Compensation makes the error smaller, in every pass") {
  for (const WeightStrength& strength :
       {WeightStrength{0.5, {}, {}}, WeightStrength{0.3, {}, {}}, WeightStrength{{}, PatchStrength{3.0, 0.5, 0.6}, {}},
        WeightStrength{{}, {}, TransformStrength{0.4, false, 1}},
        WeightStrength{0.5, PatchStrength{3.0, 0.5, 0.6}, {}}}) {
    double with = 0.0;
    double without = 0.0;
    for (unsigned seed = 0; seed < 20; ++seed) {
      INFO("seed " << seed);
      Random random(seed);
      const SampleLayer sample = sample_layer(random, {24, 1, 108}, 9);
      with += sample.relative_error(compress(sample, strength, 9).convolution);
      without += sample.relative_error(compress(sample, strength, 9, false).convolution);
    }
    CHECK(with < 0.6 * without);
  }
}

TEST_CASE("Large layers are cut into segments of whole blocks") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int alignment = segment_alignment(draw(random, 1, 16));
    const MatrixShape matrix{4, static_cast<std::uint32_t>(draw(random, 1, 4)),
                             static_cast<std::uint32_t>(draw(random, 1, 20000))};
    int group = 0;
    int next = 0;
    for (const Segment& segment : segments_of(matrix, alignment)) {
      if (next == static_cast<int>(matrix.rows_per_group)) {
        ++group;
        next = 0;
      }
      CHECK(segment.group == group);
      CHECK(segment.first_row == next);
      CHECK(segment.first_row % alignment == 0);
      CHECK(segment.rows > 0);
      CHECK(segment.rows <= 5000);
      next += segment.rows;
    }
    CHECK(group == static_cast<int>(matrix.groups) - 1);
    CHECK(next == static_cast<int>(matrix.rows_per_group));
  }
}

TEST_CASE("Segments of one layer share shapes, steps and biases") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    SampleLayer sample = sample_layer(random, {6, 1, 100}, 9);
    sample.segments = {{0, 0, 54}, {0, 54, 46}};
    sample.inputs.clear();
    sample.compensators.clear();
    for (const Segment& segment : sample.segments) {
      sample.inputs.push_back(draw_inputs(random, segment.rows, 200));
      sample.compensators.emplace_back(statistics_of(sample.inputs.back(), sample.inputs.back()), 0.01);
    }
    const WeightStrength strength = draw_strength(random);
    const Result result = compress(sample, strength, 9);
    check_layer(result.layer, sample, result.convolution, 9);
    // The bias makes up for both: the mean of the outputs stays.
    const Result mild = compress(sample, {{}, PatchStrength{4.0, 0.5, 0.6}, {}}, 9);
    Matrix mean = Matrix::Zero(6, 1);
    for (std::size_t s = 0; s < 2; ++s) {
      Matrix change = segment_weights(mild.convolution, sample.matrix, sample.segments[s]) -
                      segment_weights(sample.convolution, sample.matrix, sample.segments[s]);
      if (s == 1) change.rightCols(1).setZero();  // the bias is in both
      mean += change * sample.inputs[s].rowwise().mean();
    }
    CHECK(mean.norm() < 0.1F);
  }
}
