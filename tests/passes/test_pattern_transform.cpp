#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "compression/passes/pattern_transform.h"
#include "tests/passes/sample_layer.h"

namespace {

using namespace reprise;
using namespace reprise::test;

/// A row group and what a coder needs to know about it.
struct Patterns {
  Matrix weights;  ///< in steps
  Matrix root;
  Eigen::VectorXf importance;
};

Patterns draw_patterns(Random& random, int most_outputs = 40) {
  const int rows = draw(random, 1, 9);
  Patterns patterns;
  patterns.weights = 40.0F * draw_matrix(random, draw(random, 1, most_outputs), rows);
  patterns.weights = patterns.weights.cwiseMin(127.0F).cwiseMax(-127.0F);
  if (draw(random, 0, 3) == 0) patterns.weights.topRows(1).setZero();
  const Matrix inputs = draw_inputs(random, rows, 30);
  const Matrix own = inputs.topRows(rows) * inputs.topRows(rows).transpose() / 30.0F + Matrix::Identity(rows, rows);
  patterns.root = Compensator({own, own}, 0.01)
                      .error_root(
                          [&] {
                            std::vector<int> all(static_cast<std::size_t>(rows));
                            for (int row = 0; row < rows; ++row) all[static_cast<std::size_t>(row)] = row;
                            return all;
                          }(),
                          0, rows);
  patterns.importance = draw_matrix(random, static_cast<int>(patterns.weights.rows()), 1).cwiseAbs().array() + 0.1F;
  return patterns;
}

/// Every pattern is what its use says, and integers stay in range.
void check_uses(const Matrix& result, const GroupCode& code, const TransformStrength& strength) {
  REQUIRE(static_cast<Eigen::Index>(code.uses.size()) == result.rows());
  std::set<std::int16_t> used;
  for (Eigen::Index o = 0; o < result.rows(); ++o) {
    const PatternUse& use = code.uses[static_cast<std::size_t>(o)];
    REQUIRE(use.codeword < static_cast<int>(code.codebook.size()));
    CHECK(use.shift < strength.scales);
    CHECK((!use.negative || strength.signs));
    if (use.codeword >= 0) used.insert(use.codeword);
    for (Eigen::Index r = 0; r < result.cols(); ++r) {
      int expected = 0;
      if (use.codeword >= 0) {
        const auto& word = code.codebook[static_cast<std::size_t>(use.codeword)];
        REQUIRE(static_cast<Eigen::Index>(word.size()) == result.cols());
        expected = word[static_cast<std::size_t>(r)] * (1 << use.shift) * (use.negative ? -1 : 1);
      }
      CHECK(result(o, r) == static_cast<float>(expected));
      CHECK(std::abs(expected) <= 127);
    }
  }
  CHECK(used.size() == code.codebook.size());  // none is stored for nothing
}

TransformStrength draw_strength(Random& random) {
  return {draw(random, 1, 100) / 100.0, draw(random, 0, 1) == 1, draw(random, 1, 4)};
}

double cost(const Patterns& patterns, const Matrix& result) {
  const Matrix error = (patterns.weights - result) * patterns.root;
  return double{error.rowwise().squaredNorm().cwiseProduct(patterns.importance).sum()};
}

}  // namespace

TEST_CASE("Every pattern is a codeword with its sign and shift, or zero") {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Patterns patterns = draw_patterns(random);
    const TransformStrength strength = draw_strength(random);
    GroupCode code;
    PatternTransform coder(strength);
    const Matrix result = coder.replace(seed, patterns.weights, patterns.root, patterns.importance, code);
    check_uses(result, code, strength);
    const double asked = std::max(1.0, std::round(strength.distinct * static_cast<double>(result.rows())));
    CHECK(static_cast<double>(code.codebook.size()) <= asked);
  }
}

TEST_CASE("With a codeword for every output nothing is lost but the rounding") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Patterns patterns = draw_patterns(random);
    GroupCode code;
    PatternTransform coder({1.0, draw(random, 0, 1) == 1, 1});
    const Matrix result = coder.replace(seed, patterns.weights, patterns.root, patterns.importance, code);
    const Matrix rounded = patterns.weights.array().round();
    // Of two codewords the nearer one counts, which need not be that from the pattern's own rounding.
    CHECK(cost(patterns, result) <= cost(patterns, rounded) * 1.0001 + 1e-3);
    // All that are integers come back as they are.
    const Matrix again = coder.replace(seed, rounded, patterns.root, patterns.importance, code);
    CHECK(again == rounded);
  }
}

TEST_CASE("More codewords, less error, signs and the compensated error help") {
  double few = 0.0;
  double more = 0.0;
  double with_signs = 0.0;
  double flat = 0.0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const Patterns patterns = draw_patterns(random, 60);
    const auto cost_of = [&](const TransformStrength& strength, const Matrix& root) {
      GroupCode code;
      PatternTransform coder(strength);
      return cost(patterns, coder.replace(seed, patterns.weights, root, patterns.importance, code)) /
             (cost(patterns, Matrix::Zero(patterns.weights.rows(), patterns.weights.cols())) + 1e-9);
    };
    few += cost_of({0.2, false, 1}, patterns.root);
    more += cost_of({0.5, false, 1}, patterns.root);
    with_signs += cost_of({0.2, true, 1}, patterns.root);
    flat += cost_of({0.2, false, 1}, Matrix::Identity(patterns.root.rows(), patterns.root.cols()));
  }
  CHECK(more < 0.8 * few);
  CHECK(with_signs < 0.9 * few);
  CHECK(few < flat);
}

TEST_CASE("The nearest codeword is taken, against all there are") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Patterns patterns = draw_patterns(random, 15);
    const TransformStrength strength = draw_strength(random);
    std::vector<std::vector<std::int8_t>> words(static_cast<std::size_t>(draw(random, 1, 8)));
    for (auto& word : words) {
      for (Eigen::Index r = 0; r < patterns.weights.cols(); ++r) {
        word.push_back(static_cast<std::int8_t>(draw(random, -127, 127) / (1 << draw(random, 0, 3))));
      }
    }
    GroupCode code;
    const Codebooks codebooks{{}, words};
    GivenCodebooks coder(codebooks, strength);
    const Matrix result = coder.replace(1, patterns.weights, patterns.root, patterns.importance, code);
    check_uses(result, code, strength);
    for (Eigen::Index o = 0; o < result.rows(); ++o) {
      double least = double{(patterns.weights.row(o) * patterns.root).squaredNorm()};
      for (const auto& word : words) {
        for (int shift = 0; shift < strength.scales; ++shift) {
          for (const int sign : {1, -1}) {
            RowVector candidate(result.cols());
            for (Eigen::Index r = 0; r < result.cols(); ++r) {
              candidate[r] = static_cast<float>(sign * word[static_cast<std::size_t>(r)] * (1 << shift));
            }
            if ((sign < 0 && !strength.signs) || candidate.cwiseAbs().maxCoeff() > 127.0F) continue;
            least = std::min(least, double{((patterns.weights.row(o) - candidate) * patterns.root).squaredNorm()});
          }
        }
      }
      const double taken = double{((patterns.weights.row(o) - result.row(o)) * patterns.root).squaredNorm()};
      CHECK(taken <= least + 1e-4 * double{(patterns.weights.row(o) * patterns.root).squaredNorm()});
    }
  }
}

TEST_CASE("Patterns and codewords, by hand") {
  Matrix weights(5, 2);
  weights << 10, 20, 20, 40, -10, -20, 0, 1, 11, 19;
  const Codebooks codebooks{{{10, 20}, {100, 100}}};
  GivenCodebooks coder(codebooks, {1.0, true, 2});
  GroupCode code;
  const Matrix result = coder.replace(0, weights, Matrix::Identity(2, 2), Eigen::VectorXf::Ones(5), code);
  Matrix expected(5, 2);
  expected << 10, 20, 20, 40, -10, -20, 0, 0, 10, 20;
  CHECK(result == expected);
  CHECK(code.codebook == std::vector<std::vector<std::int8_t>>{{10, 20}});
  CHECK(code.uses[1].shift == 1);
  CHECK(code.uses[2].negative);
  CHECK(code.uses[3].codeword == -1);
}

TEST_CASE("Patterns of zeros use no codeword") {
  GroupCode code;
  PatternTransform coder({0.5, true, 2});
  const Matrix result = coder.replace(0, Matrix::Zero(6, 4), Matrix::Identity(4, 4), Eigen::VectorXf::Ones(6), code);
  CHECK(result.isZero(0.0F));
  CHECK(code.codebook.empty());
  REQUIRE(code.uses.size() == 6);
  for (const PatternUse& use : code.uses) CHECK(use.codeword == -1);
}
