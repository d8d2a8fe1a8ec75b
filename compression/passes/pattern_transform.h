#pragma once

#include "compression/passes/group_coder.h"
#include "compression/passes/weight_strength.h"

namespace reprise {

/// Approximate pattern transform: the patterns of a row group are replaced by those of a codebook, so that they repeat.
/// Centroids by k-means under the compensated error, in integers; the zero pattern is free.
class PatternTransform : public GroupCoder {
 public:
  explicit PatternTransform(const TransformStrength& strength) : strength_(strength) {}
  Matrix replace(std::size_t group, const Matrix& weights, const Matrix& root, const Eigen::VectorXf& importance,
                 GroupCode& code) override;

 private:
  TransformStrength strength_;
};

/// The same with codebooks that are given, [group][codeword][row].
class GivenCodebooks : public GroupCoder {
 public:
  GivenCodebooks(std::vector<std::vector<std::vector<std::int8_t>>> codebooks, const TransformStrength& strength)
      : codebooks_(std::move(codebooks)), strength_(strength) {}
  Matrix replace(std::size_t group, const Matrix& weights, const Matrix& root, const Eigen::VectorXf& importance,
                 GroupCode& code) override;

 private:
  std::vector<std::vector<std::vector<std::int8_t>>> codebooks_;
  TransformStrength strength_;
};

}  // namespace reprise
