#pragma once

namespace reprise {

/// Looks for the forecast divergence (nats) at which a compressed network loses as many points of top-1 as it may, in
/// few trials, each of which costs a compression and a validation.
///
/// A bracket narrows around it. Each trial is made where the last one would have hit the budget if loss grew in
/// proportion to divergence, but not far from the last one and well inside the bracket; until one fits, at most half
/// way down, since a little too much lost may be chance. Loss is not smooth: validation images are few.
class DivergenceSearch {
 public:
  /// @param points  of top-1 that may be lost, at least 0
  explicit DivergenceSearch(double points);

  /// To try next, and to be followed by tried().
  double divergence() const;
  /// @param lost  points of top-1 at divergence(); negative where the network got better
  /// @return      whether that fits the budget
  bool tried(double lost);
  /// A fit uses most of the budget, or there have been enough trials: four with a fit among them, else five.
  bool is_over() const;

  int trials() const { return trials_; }

 private:
  double points_;
  double low_;   ///< of log(divergence): the largest that fitted
  double high_;  ///< the smallest that did not
  double guess_;
  int trials_ = 0;
  bool has_fit_ = false;
  bool is_near_ = false;
};

}  // namespace reprise
