#include "compression/passes/allowance_search.h"

#include <algorithm>

namespace reprise {
namespace {

constexpr int kAttempts = 3;
constexpr double kAim = 0.85;        // of the budget
constexpr double kFurther = 1.6;     // of an allowance that fitted, at most, while none was too much
constexpr double kNearer = 0.7;      // of an allowance that was too much, at most, while none fitted
constexpr double kWorthwhile = 1.3;  // of an allowance that fitted: what less wins is not worth another training
constexpr double kNothing = 1e-9;    // points

}  // namespace

AllowanceSearch::AllowanceSearch(double budget, double first) : budget_(budget), allowance_(first) {}

bool AllowanceSearch::tried(double lost) {
  const bool fits = lost <= budget_;
  const double before = allowance_;
  (fits ? fit_ : misfit_) = Attempt{before, lost};
  if (fit_ && misfit_) {
    allowance_ = between();
  } else if (fits) {
    allowance_ = std::min(proportional(*fit_), kFurther * allowance_);
  } else {
    allowance_ = std::clamp(proportional(*misfit_), 0.0, kNearer * allowance_);
  }
  const bool little = fit_ && allowance_ < kWorthwhile * fit_->allowance;
  is_over_ = ++attempts_ == kAttempts || little || allowance_ == before;
  return fits;
}

double AllowanceSearch::proportional(const Attempt& attempt) const {
  const double hit = budget_ * (budget_ + attempt.allowance) / std::max(attempt.lost, kNothing);
  return kAim * hit - budget_;
}

double AllowanceSearch::between() const {
  const double share = (kAim * budget_ - fit_->lost) / (misfit_->lost - fit_->lost);
  return fit_->allowance + std::max(share, 0.0) * (misfit_->allowance - fit_->allowance);
}

}  // namespace reprise
