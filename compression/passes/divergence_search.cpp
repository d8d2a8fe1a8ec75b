#include "compression/passes/divergence_search.h"

#include <algorithm>
#include <cmath>

namespace reprise {
namespace {

constexpr int kTrials = 5;
constexpr int kTrialsWithoutFit = 6;
constexpr double kMargin = 0.1;   // of the bracket, on both sides
constexpr double kUsedUp = 0.75;  // of the budget: near enough, seen how much of a loss is chance
constexpr double kAim = 0.88;     // of the budget: between that and all of it
constexpr double kLeast = 0.1;    // of the budget: smaller losses say little of how losses grow
constexpr double kStep = 2.5;
constexpr double kNothing = 1e-9;  // points

}  // namespace

DivergenceSearch::DivergenceSearch(double points)
    : points_(points),
      low_(std::log(0.002 * std::max(points, 0.25))),
      high_(std::log(0.8 * std::max(points, 0.25))),
      guess_((low_ + high_) / 2) {}

double DivergenceSearch::divergence() const {
  return std::exp(guess_);
}

bool DivergenceSearch::tried(double lost) {
  ++trials_;
  const bool fits = lost <= points_;
  is_near_ = fits && lost >= kUsedUp * points_;
  (fits ? has_fit_ : has_misfit_) = true;
  (fits ? low_ : high_) = guess_;
  (fits ? lost_low_ : lost_high_) = std::max({lost, kLeast * points_, kNothing});
  const double margin = kMargin * (high_ - low_);
  const double wanted = has_fit_ && has_misfit_ ? between() : proportional(lost);
  guess_ = std::clamp(wanted, low_ + margin, has_fit_ ? high_ - margin : (low_ + high_) / 2);
  return fits;
}

double DivergenceSearch::proportional(double lost) const {
  const double ratio = kAim * std::max(points_, kNothing) / std::max(lost, kNothing);
  return guess_ + std::log(std::clamp(ratio, 1 / kStep, kStep));
}

double DivergenceSearch::between() const {
  const double aim = std::max(kAim * points_, lost_low_);
  return low_ + (high_ - low_) * std::log(aim / lost_low_) / std::log(lost_high_ / lost_low_);
}

bool DivergenceSearch::is_over() const {
  return is_near_ || trials_ >= (has_fit_ ? kTrials : kTrialsWithoutFit);
}

double divergence_at(double points, const std::vector<DivergenceLoss>& measured) {
  DivergenceLoss below = measured.front();
  below.lost = std::max(below.lost, kNothing);
  if (points <= below.lost) return below.divergence * std::max(points, kNothing) / below.lost;
  for (const DivergenceLoss& next : measured) {
    if (next.lost <= below.lost) {
      below.divergence = next.divergence;
      continue;
    }
    if (next.lost >= points) {
      const double share = std::log(points / below.lost) / std::log(next.lost / below.lost);
      return below.divergence * std::pow(next.divergence / below.divergence, share);
    }
    below = next;
  }
  return below.divergence;
}

}  // namespace reprise
