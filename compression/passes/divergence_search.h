#pragma once

#include <vector>

namespace reprise {

/// Looks for the forecast divergence (nats) at which a compressed network loses as many points of top-1 as it may, in
/// few trials, each of which costs a compression and a validation.
///
/// A bracket narrows around it. Each trial aims a little below the budget: from the last one as if loss grew in
/// proportion to divergence, or, once one fitted and one did not, on a straight line between these on logarithmic
/// scales; not far from the last one and inside the bracket. Until one fits, at most half way down, since a little too
/// much lost may be chance. Loss is not smooth: validation images are few.
class DivergenceSearch {
 public:
  /// @param points  of top-1 that may be lost, at least 0
  explicit DivergenceSearch(double points);

  /// To try next, and to be followed by tried().
  double divergence() const;
  /// @param lost  points of top-1 at divergence(); negative where the network got better
  /// @return      whether that fits the budget
  bool tried(double lost);
  /// A fit uses most of the budget, or there have been enough trials: five with a fit among them, else six.
  bool is_over() const;

  int trials() const { return trials_; }

 private:
  /// Of log(divergence).
  double proportional(double lost) const;
  double between() const;

  double points_;
  double low_;   ///< of log(divergence): the largest that fitted
  double high_;  ///< the smallest that did not
  double lost_low_ = 0.0;
  double lost_high_ = 0.0;
  double guess_;
  int trials_ = 0;
  bool has_fit_ = false;
  bool has_misfit_ = false;
  bool is_near_ = false;
};

/// What a network loses that is compressed to a forecast divergence.
struct DivergenceLoss {
  double divergence = 0.0;  ///< nats, above 0
  double lost = 0.0;        ///< points of top-1; negative where the network got better
};

/// The divergence at which so many points are lost, between a few that were measured: on a straight line between two of
/// them on logarithmic scales. Losses that fall while divergences rise are chance; the larger one is believed. Below
/// the first measured loss grow in proportion; beyond the last one nothing is known, so that is the most.
/// @param measured  by rising divergence, at least one
double divergence_at(double points, const std::vector<DivergenceLoss>& measured);

}  // namespace reprise
