#include "compression/passes/pattern_transform.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "compression/passes/clustering.h"

namespace reprise {
namespace {

constexpr int kRounds = 10;

float factor_of(const PatternUse& use) {
  return std::ldexp(use.negative ? -1.0F : 1.0F, use.shift);
}

/// The nearest codeword of each pattern, under |(pattern - use) root|^2, or the zero pattern. A use is left out where
/// a weight would leave -127..127.
std::vector<PatternUse> nearest_uses(const Matrix& patterns, const Matrix& codebook, const Matrix& root,
                                     const TransformStrength& strength) {
  const Matrix points = patterns * root;
  const Matrix words = codebook * root;
  const Eigen::VectorXf lengths = words.rowwise().squaredNorm();
  const Eigen::VectorXf largest =
      codebook.rows() > 0 ? Eigen::VectorXf(codebook.cwiseAbs().rowwise().maxCoeff()) : lengths;
  Matrix products = Matrix::Zero(points.rows(), words.rows());
  add_product(points, words, Transposed::yes, products);
  std::vector<PatternUse> uses(static_cast<std::size_t>(points.rows()));
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    float least = 0.0F;  // of the zero pattern, less the pattern's own length
    for (Eigen::Index c = 0; c < words.rows(); ++c) {
      const bool negative = strength.signs && products(i, c) < 0.0F;
      const float product = negative ? -products(i, c) : products(i, c);
      for (int shift = 0; shift < strength.scales; ++shift) {
        const auto scale = static_cast<float>(1 << shift);
        if (scale * largest[c] >= 127.5F) break;  // while words move they are no integers
        const float cost = scale * scale * lengths[c] - 2.0F * scale * product;
        if (cost >= least) continue;
        least = cost;
        uses[static_cast<std::size_t>(i)] = {static_cast<std::int16_t>(c), static_cast<std::uint8_t>(shift), negative};
      }
    }
  }
  return uses;
}

/// Moves every codeword to where its uses want it.
void recentre(const Matrix& patterns, const Eigen::VectorXf& importance, const std::vector<PatternUse>& uses,
              Matrix& codebook) {
  Matrix sums = Matrix::Zero(codebook.rows(), codebook.cols());
  Eigen::VectorXf mass = Eigen::VectorXf::Zero(codebook.rows());
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].codeword < 0) continue;
    const float factor = factor_of(uses[i]);
    const float weight = importance[static_cast<Eigen::Index>(i)];
    sums.row(uses[i].codeword) += weight * factor * patterns.row(static_cast<Eigen::Index>(i));
    mass[uses[i].codeword] += weight * factor * factor;
  }
  for (Eigen::Index c = 0; c < codebook.rows(); ++c) {
    if (mass[c] > 0.0F) codebook.row(c) = sums.row(c) / mass[c];
  }
}

Matrix to_integers(const Matrix& matrix) {
  return matrix.unaryExpr([](float value) { return std::clamp(std::round(value), -127.0F, 127.0F); });
}

Matrix first_codebook(const Matrix& patterns, const Matrix& root, const Eigen::VectorXf& importance, int count,
                      const TransformStrength& strength, std::uint64_t seed) {
  const std::vector<Eigen::Index> seeds = spread_seeds(patterns * root, importance, count, seed);
  Matrix codebook(static_cast<Eigen::Index>(seeds.size()), patterns.cols());
  // With scales a codeword is the smallest of its family, so that its multiples stay in range.
  const float scale = std::ldexp(1.0F, 1 - strength.scales);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    codebook.row(static_cast<Eigen::Index>(i)) = scale * patterns.row(seeds[i]);
  }
  return codebook;
}

/// What the uses make of the codebook; fills `code`, without codewords that nobody uses.
Matrix apply(const Matrix& codebook, const std::vector<PatternUse>& uses, GroupCode& code) {
  std::vector<int> number(static_cast<std::size_t>(codebook.rows()), -1);
  Matrix result = Matrix::Zero(static_cast<Eigen::Index>(uses.size()), codebook.cols());
  code.codebook.clear();
  code.uses = uses;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i].codeword < 0) continue;
    int& place = number[static_cast<std::size_t>(uses[i].codeword)];
    if (place < 0) {
      place = static_cast<int>(code.codebook.size());
      auto& word = code.codebook.emplace_back();
      for (Eigen::Index r = 0; r < codebook.cols(); ++r) {
        word.push_back(static_cast<std::int8_t>(codebook(uses[i].codeword, r)));
      }
    }
    code.uses[i].codeword = static_cast<std::int16_t>(place);
    result.row(static_cast<Eigen::Index>(i)) = factor_of(uses[i]) * codebook.row(uses[i].codeword);
  }
  return result;
}

}  // namespace

Matrix PatternTransform::replace(std::size_t group, const Matrix& weights, const Matrix& root,
                                 const Eigen::VectorXf& importance, GroupCode& code) {
  const int count =
      std::max(1, static_cast<int>(std::lround(strength_.distinct * static_cast<double>(weights.rows()))));
  Matrix codebook = first_codebook(weights, root, importance, count, strength_, group);
  for (int round = 0; round < kRounds; ++round) {
    recentre(weights, importance, nearest_uses(weights, codebook, root, strength_), codebook);
  }
  codebook = to_integers(codebook);
  return apply(codebook, nearest_uses(weights, codebook, root, strength_), code);
}

Matrix GivenCodebooks::replace(std::size_t group, const Matrix& weights, const Matrix& root,
                               const Eigen::VectorXf& /*importance*/, GroupCode& code) {
  const auto& words = codebooks_.at(group);
  Matrix codebook(static_cast<Eigen::Index>(words.size()), weights.cols());
  for (std::size_t c = 0; c < words.size(); ++c) {
    for (std::size_t r = 0; r < words[c].size(); ++r) {
      codebook(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(r)) = static_cast<float>(words[c][r]);
    }
  }
  return apply(codebook, nearest_uses(weights, codebook, root, strength_), code);
}

}  // namespace reprise
