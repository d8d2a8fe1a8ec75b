#pragma once

#include "compression/passes/group_coder.h"

namespace reprise {

/// Approximate pattern transform: the patterns of a row group are replaced by those of a codebook, so that they repeat.
struct TransformStrength {
  double distinct = 0.5;  ///< codewords, as a share of the outputs of the row group
  bool signs = false;     ///< a pattern may be the negative of a codeword
  int scales = 1;         ///< 1..4: a pattern may be a codeword times 1, 2, .. 2^(scales - 1)
};

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
