#pragma once

#include <optional>

namespace reprise {

/// Looks for the points of top-1 beyond the accuracy budget that a network may lose before it is trained, in few
/// attempts, each of which costs a training.
///
/// After one attempt the next is made where the budget would have been hit if training brought back the same share of
/// any loss; with one attempt that came back into the budget and one that did not, on a straight line between them.
/// An attempt aims a little below the budget, and goes no further than was asked for unless a good deal is left of it.
class AllowanceSearch {
 public:
  /// @param budget  points of top-1 that may be lost after the training, at least 0
  /// @param first   the allowance to begin with, at least 0
  AllowanceSearch(double budget, double first);

  /// To try next, and to be followed by tried().
  double allowance() const { return allowance_; }
  /// @param lost  points of top-1 after the training; negative where the network got better
  /// @return      whether that fits the budget
  bool tried(double lost);
  /// Three attempts were made, or the next one would win too little for another training.
  bool is_over() const { return is_over_; }

 private:
  struct Attempt {
    double allowance;
    double lost;
  };
  /// Where the budget is expected to be hit, going by the last attempt alone.
  double proportional(const Attempt& attempt) const;
  double between() const;

  double budget_;
  double allowance_;
  std::optional<Attempt> fit_;     ///< the largest that fitted
  std::optional<Attempt> misfit_;  ///< the smallest that did not
  int attempts_ = 0;
  bool is_over_ = false;
};

}  // namespace reprise
