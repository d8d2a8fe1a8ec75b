#pragma once

#include "compression/passes/group_coder.h"
#include "compression/passes/weight_strength.h"

namespace reprise {

/// Patch-aware pruning-quantisation: each patch (an output's weights in a row group, one operation unit high) gets a
/// precision of 0, 2..8 bits. Detection: the share of small values in a patch says whether it may be pruned.
/// Compression: the precisions that cost least error, after compensation, at the mean that is asked for.
class PatchQuantisation : public GroupCoder {
 public:
  /// `price` is the error that one bit of one weight may cost, see price_of_bits.
  PatchQuantisation(const PatchStrength& strength, double mean_magnitude, double price)
      : strength_(strength), mean_magnitude_(mean_magnitude), price_(price) {}
  Matrix replace(std::size_t group, const Matrix& weights, const Matrix& root, const Eigen::VectorXf& importance,
                 GroupCode& code) override;

 private:
  PatchStrength strength_;
  double mean_magnitude_;  // real
  double price_;
};

/// The price at which patches have strength.bits bits a weight on average. Weights in steps, by segment as in
/// code_segment.
double price_of_bits(const CompressedLayer& layer, const MatrixShape& matrix, const std::vector<Segment>& segments,
                     const std::vector<Compensator>& compensators, const std::vector<Matrix>& weights,
                     const PatchStrength& strength, double mean_magnitude);

/// Of the weights in steps, as a real number.
double mean_magnitude(const CompressedLayer& layer, const MatrixShape& matrix, const std::vector<Segment>& segments,
                      const std::vector<Matrix>& weights);

}  // namespace reprise
