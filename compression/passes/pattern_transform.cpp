#include "compression/passes/pattern_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "compression/passes/clustering.h"
#include "compression/passes/nearest_point.h"
#include "compression/passes/parallel.h"
#include "support/error.h"

namespace reprise {
namespace {

// Four rounds end within 3% of the error of ten, above or below (measured in layers of 512 outputs), so the few layers
// in which rounds take minutes make do with four.
constexpr Eigen::Index kManyPatterns = 1024;
constexpr int kRounds = 10;
constexpr int kFewRounds = 4;
constexpr int kMostCodewords = std::numeric_limits<std::int16_t>::max();

float factor_of(const PatternUse& use) {
  return std::ldexp(use.negative ? -1.0F : 1.0F, use.shift);
}

/// Everything that a pattern may be replaced by: the codewords and what signs and scales make of them. What would take
/// a weight out of -127..127, rounded, is left out: while words move they are no integers.
struct Forms {
  std::vector<PatternUse> uses;
  Matrix values;  ///< times the root
};

/// The forms of all codewords, or of those that are marked.
Forms forms_of(const Matrix& codebook, const Matrix& root, const TransformStrength& strength,
               const std::vector<bool>& marked) {
  Forms forms;
  for (Eigen::Index c = 0; c < codebook.rows(); ++c) {
    if (!marked[static_cast<std::size_t>(c)]) continue;
    const float largest = codebook.row(c).cwiseAbs().maxCoeff();
    for (int shift = 0; shift < strength.scales && std::ldexp(largest, shift) < 127.5F; ++shift) {
      const PatternUse use{static_cast<std::int16_t>(c), static_cast<std::uint8_t>(shift), false};
      forms.uses.push_back(use);
      if (strength.signs) forms.uses.push_back({use.codeword, use.shift, true});
    }
  }
  const Matrix words = codebook * root;
  forms.values.resize(static_cast<Eigen::Index>(forms.uses.size()), root.cols());
  for (std::size_t i = 0; i < forms.uses.size(); ++i) {
    forms.values.row(static_cast<Eigen::Index>(i)) = factor_of(forms.uses[i]) * words.row(forms.uses[i].codeword);
  }
  return forms;
}

/// The nearest form of each pattern, under |(pattern - form) root|^2, or the zero pattern. Follows a codebook on its
/// way: only what has moved is looked at again.
class Assignment {
 public:
  Assignment(const Matrix& patterns, const Matrix& root, const TransformStrength& strength)
      : points_(patterns * root),
        root_(root),
        strength_(strength),
        uses_(static_cast<std::size_t>(patterns.rows())),
        costs_(uses_.size(), 0.0F) {}

  const std::vector<PatternUse>& uses() const { return uses_; }

  /// Whether any use has changed.
  bool update(const Matrix& codebook) {
    const auto words = static_cast<std::size_t>(codebook.rows());
    std::vector<bool> moved(words, true);
    if (codebook_.rows() == codebook.rows()) {
      for (std::size_t c = 0; c < words; ++c) {
        const auto row = static_cast<Eigen::Index>(c);
        moved[c] = codebook.row(row) != codebook_.row(row);
      }
    }
    codebook_ = codebook;
    const Forms moved_forms = forms_of(codebook, root_, strength_, moved);
    const Forms all_forms = forms_of(codebook, root_, strength_, std::vector<bool>(words, true));
    const NearestPoint among_moved(moved_forms.values);
    const NearestPoint among_all(all_forms.values);
    std::atomic<bool> changed{false};
    in_parallel((uses_.size() + kPointsAtOnce - 1) / kPointsAtOnce, [&](std::size_t job) {
      const std::size_t end = std::min(uses_.size(), (job + 1) * kPointsAtOnce);
      for (std::size_t i = job * kPointsAtOnce; i < end; ++i) {
        const bool kept = uses_[i].codeword < 0 || !moved[static_cast<std::size_t>(uses_[i].codeword)];
        const Forms& forms = kept ? moved_forms : all_forms;
        const float* point = points_.row(static_cast<Eigen::Index>(i)).data();
        const auto found = (kept ? among_moved : among_all).search(point, {-1, kept ? costs_[i] : 0.0F});
        if (kept && found.candidate < 0) continue;
        const PatternUse use =
            found.candidate < 0 ? PatternUse{} : forms.uses[static_cast<std::size_t>(found.candidate)];
        costs_[i] = found.cost;
        if (!(use == uses_[i])) changed = true;
        uses_[i] = use;
      }
    });
    return changed;
  }

 private:
  static constexpr std::size_t kPointsAtOnce = 1024;

  const Matrix points_;
  const Matrix& root_;
  const TransformStrength& strength_;
  Matrix codebook_;
  std::vector<PatternUse> uses_;
  std::vector<float> costs_;
};

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
  const double wanted = std::round(strength_.distinct * static_cast<double>(weights.rows()));
  const int count = static_cast<int>(std::clamp(wanted, 1.0, double{kMostCodewords}));
  Matrix codebook = first_codebook(weights, root, importance, count, strength_, group);
  Assignment assignment(weights, root, strength_);
  const int rounds = weights.rows() > kManyPatterns ? kFewRounds : kRounds;
  for (int round = 0; round < rounds && assignment.update(codebook); ++round) {
    recentre(weights, importance, assignment.uses(), codebook);
  }
  codebook = to_integers(codebook);
  assignment.update(codebook);
  return apply(codebook, assignment.uses(), code);
}

Matrix GivenCodebooks::replace(std::size_t group, const Matrix& weights, const Matrix& root,
                               const Eigen::VectorXf& /*importance*/, GroupCode& code) {
  const auto& words = codebooks_.at(group);
  if (words.size() > kMostCodewords) {
    throw InputError(fmt::format("a codebook of {} codewords; expected at most {}", words.size(), kMostCodewords));
  }
  Matrix codebook(static_cast<Eigen::Index>(words.size()), weights.cols());
  for (std::size_t c = 0; c < words.size(); ++c) {
    for (std::size_t r = 0; r < words[c].size(); ++r) {
      codebook(static_cast<Eigen::Index>(c), static_cast<Eigen::Index>(r)) = static_cast<float>(words[c][r]);
    }
  }
  Assignment assignment(weights, root, strength_);
  assignment.update(codebook);
  return apply(codebook, assignment.uses(), code);
}

}  // namespace reprise
