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

/// The same with codebooks that are given. Keeps a reference to them.
class GivenCodebooks : public GroupCoder {
 public:
  GivenCodebooks(const Codebooks& codebooks, const TransformStrength& strength)
      : codebooks_(codebooks), strength_(strength) {}
  Matrix replace(std::size_t group, const Matrix& weights, const Matrix& root, const Eigen::VectorXf& importance,
                 GroupCode& code) override;

 private:
  const Codebooks& codebooks_;
  TransformStrength strength_;
};

}  // namespace reprise
