#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "compression/passes/patch_quantisation.h"
#include "tests/passes/sample_layer.h"

namespace {

using namespace reprise;
using namespace reprise::test;

/// A layer compressed at one strength.
struct Compressed {
  CompressedLayer layer;
  FloatConvolution convolution;
};

Compressed compressed(const SampleLayer& sample, const WeightStrength& strength, int unit_rows,
                      bool compensated = true) {
  Compressed result{{}, sample.convolution};
  WeightCompressionOptions options;
  options.unit_rows = unit_rows;
  options.compensated = compensated;
  result.layer =
      compress_weights(sample.matrix, sample.segments, sample.compensators, strength, options, result.convolution);
  return result;
}

int integer_of(const Compressed& result, std::uint32_t output, std::uint32_t row, std::uint32_t rows_per_group) {
  const double step = result.layer.steps[output];
  const double in_steps = double{result.convolution.weights[output * rows_per_group + row % rows_per_group]} / step;
  CHECK(in_steps == Approx(std::round(in_steps)).margin(1e-3));
  return static_cast<int>(std::lround(in_steps));
}

/// Calls visit(precision, integers) for every patch.
template <class Visit>
void each_patch(const Compressed& result, const MatrixShape& matrix, Visit visit) {
  REQUIRE(result.layer.codes.size() == result.layer.groups.size());
  for (std::size_t g = 0; g < result.layer.groups.size(); ++g) {
    const RowGroup& group = result.layer.groups[g];
    REQUIRE(result.layer.codes[g].precision.size() == group.outputs.size());
    for (std::size_t o = 0; o < group.outputs.size(); ++o) {
      std::vector<int> integers;
      for (const std::uint32_t row : group.rows) {
        integers.push_back(integer_of(result, group.outputs[o], row, matrix.rows_per_group));
      }
      visit(result.layer.codes[g].precision[o], integers);
    }
  }
}

double mean_bits(const Compressed& result) {
  double bits = 0.0;
  double weights = 0.0;
  for (std::size_t g = 0; g < result.layer.groups.size(); ++g) {
    const auto rows = static_cast<double>(result.layer.groups[g].rows.size());
    for (const PatchPrecision& precision : result.layer.codes[g].precision) {
      bits += rows * precision.bits;
      weights += rows;
    }
  }
  return bits / weights;
}

}  // namespace

TEST_CASE("The integers of every patch fit its bits and its shift") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int unit_rows = draw(random, 1, 9);
    const SampleLayer sample = sample_layer(random, draw_matrix_shape(random), unit_rows);
    const PatchStrength patch{draw(random, 1, 80) / 10.0, draw(random, 0, 10) / 5.0, draw(random, 0, 10) / 10.0};
    std::optional<double> kept;
    if (draw(random, 0, 1) == 1) kept = draw(random, 20, 100) / 100.0;
    const Compressed result = compressed(sample, {kept, patch, {}}, unit_rows, draw(random, 0, 1) == 1);
    each_patch(result, sample.matrix, [&](const PatchPrecision& precision, const std::vector<int>& integers) {
      CHECK(precision.bits != 1);
      CHECK(precision.bits + precision.shift <= 8);
      const int unit = 1 << precision.shift;
      const int half = precision.bits == 0 ? 0 : 1 << (precision.bits - 1);
      for (const int integer : integers) {
        CHECK(integer % unit == 0);
        CHECK(integer / unit >= -half);
        CHECK(integer / unit <= std::max(half - 1, 0));
        CHECK(std::abs(integer) <= 127);
      }
    });
  }
}

TEST_CASE("The mean of the bits is the one asked for") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const SampleLayer sample = sample_layer(random, {static_cast<std::uint32_t>(draw(random, 16, 40)), 1, 90}, 9);
    for (const double bits : {1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0}) {
      const Compressed result = compressed(sample, {{}, PatchStrength{bits, 0.9, 0.0}, {}}, 9);
      INFO(bits << " bits");
      CHECK(mean_bits(result) == Approx(bits).margin(0.3));
    }
    CHECK(mean_bits(compressed(sample, {{}, PatchStrength{8.0, 0.5, 0.6}, {}}, 9)) > 6.0);
  }
}

TEST_CASE("More bits, less error, compensated errors are smaller") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const SampleLayer sample = sample_layer(random, {static_cast<std::uint32_t>(draw(random, 8, 24)), 1, 54}, 9);
    double last = 1.0;
    for (const double bits : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0}) {
      INFO(bits << " bits");
      const WeightStrength strength{{}, PatchStrength{bits, 0.5, 0.0}, {}};
      const double error = sample.relative_error(compressed(sample, strength, 9).convolution);
      CHECK(error < last);
      CHECK(error < sample.relative_error(compressed(sample, strength, 9, false).convolution));
      last = error;
    }
    CHECK(last < 1e-3);
  }
}

TEST_CASE("Only patches with enough small values lose all their bits") {
  for (unsigned seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    SampleLayer sample = sample_layer(random, draw_matrix_shape(random), 9);
    const PatchStrength patch{0.1, 0.5, draw(random, 1, 10) / 10.0};
    // Without compensation the weights that are judged are the trained ones.
    const Compressed result = compressed(sample, {{}, patch, {}}, 9, false);
    double mean = 0.0;
    for (const float weight : sample.convolution.weights) mean += std::abs(double{weight});
    mean /= static_cast<double>(sample.convolution.weights.size());
    const bool within_reach = mean_bits(result) <= patch.bits;
    for (std::size_t g = 0; g < result.layer.groups.size(); ++g) {
      const RowGroup& group = result.layer.groups[g];
      for (std::size_t o = 0; o < group.outputs.size(); ++o) {
        int small = 0;
        for (const std::uint32_t row : group.rows) {
          const std::size_t at = group.outputs[o] * sample.matrix.rows_per_group + row % sample.matrix.rows_per_group;
          if (std::abs(double{sample.convolution.weights[at]}) < 0.5 * mean) ++small;
        }
        const bool prunable = small >= patch.prunable_share * static_cast<double>(group.rows.size());
        if (result.layer.codes[g].precision[o].bits == 0) {
          CHECK(prunable);
        } else {
          CHECK((!prunable || within_reach));  // out of reach the price is above any error: what may go goes
        }
      }
    }
  }
}

TEST_CASE("Patches of zeros need no bits, whatever counts as small") {
  Random random(4);
  SampleLayer sample = sample_layer(random, {6, 1, 27}, 9);
  std::fill(sample.convolution.weights.begin(), sample.convolution.weights.begin() + 27, 0.0F);
  for (const bool whole : {false, true}) {
    if (whole) std::fill(sample.convolution.weights.begin(), sample.convolution.weights.end(), 0.0F);
    const Compressed result = compressed(sample, {{}, PatchStrength{4.0, 0.0, 1.0}, {}}, 9);
    for (const GroupCode& code : result.layer.codes) {
      for (std::size_t o = 0; o < code.precision.size(); ++o) {
        CHECK((code.precision[o].bits == 0) == (whole || o == 0));
      }
    }
  }
}

TEST_CASE("One patch in 8 bits, by hand") {
  // Independent inputs: each weight is rounded for itself. The step is 12.7 / 127 = 0.1.
  CompressedLayer layer;
  layer.steps = {0.1};
  Matrix weights(1, 3);
  weights << 127.0F, -63.4F, 0.6F;
  GroupCode code;
  PatchQuantisation coder({8.0, 0.5, 0.6}, 1.0, 0.0);
  const Matrix result = coder.replace(0, weights, Matrix::Identity(3, 3), Eigen::VectorXf::Ones(1), code);
  CHECK(result(0, 0) == 127.0F);
  CHECK(result(0, 1) == -63.0F);
  CHECK(result(0, 2) == 1.0F);
  REQUIRE(code.precision.size() == 1);
  CHECK(code.precision[0].bits == 8);
  // A price that only 2 bits are worth: of -2..1 times 64, two thirds of the error are in the first weight.
  PatchQuantisation dear({2.0, 0.0, 1.0}, 1.0, 1e9);
  const Matrix coarse = dear.replace(0, weights, Matrix::Identity(3, 3), Eigen::VectorXf::Ones(1), code);
  CHECK(code.precision[0].bits == 2);
  CHECK(code.precision[0].shift == 6);
  CHECK(coarse(0, 0) == 64.0F);
  CHECK(coarse(0, 1) == -64.0F);
  CHECK(coarse(0, 2) == 0.0F);
}

TEST_CASE("Patches of many outputs are what each is alone") {
  constexpr Eigen::Index kOutputs = 1000;  // more than one processor takes at once
  std::srand(11);
  const Matrix weights = Matrix::Random(kOutputs, 9) * 100.0F;
  const Matrix root = Matrix(Matrix::Random(9, 9).triangularView<Eigen::Lower>()) + 2.0F * Matrix::Identity(9, 9);
  const Eigen::VectorXf importance = Eigen::VectorXf::Random(kOutputs).cwiseAbs() + Eigen::VectorXf::Ones(kOutputs);
  PatchQuantisation quantisation({3.0, 0.5, 0.6}, 30.0, 20.0);
  GroupCode together;
  const Matrix result = quantisation.replace(0, weights, root, importance, together);
  REQUIRE(together.precision.size() == kOutputs);
  for (Eigen::Index o = 0; o < kOutputs; ++o) {
    GroupCode alone;
    REQUIRE(quantisation.replace(0, weights.row(o), root, importance.segment(o, 1), alone) == result.row(o));
    REQUIRE(alone.precision.front().bits == together.precision[static_cast<std::size_t>(o)].bits);
    REQUIRE(alone.precision.front().shift == together.precision[static_cast<std::size_t>(o)].shift);
  }
}
