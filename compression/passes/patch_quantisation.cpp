#include "compression/passes/patch_quantisation.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "compression/passes/parallel.h"

namespace reprise {
namespace {

constexpr int kMostBits = 8;
constexpr std::size_t kFormedTogether = 256;         ///< patches: a millisecond
constexpr std::size_t kCheckedTogether = 1U << 16U;  ///< the same, of choices

/// The weights of a patch, without memory from the heap: there are very many patches.
constexpr int kMostRows = 128;  // of an operation unit
using PatchVector = Eigen::Matrix<float, 1, Eigen::Dynamic, Eigen::RowMajor, 1, kMostRows>;

/// One patch in one precision.
struct Coded {
  PatchPrecision precision;
  PatchVector values;
  float cost = 0.0F;  ///< |e root|^2
};

/// Rounds from the last row to the first: each row also makes up for the errors of those after it.
Coded rounded(const PatchVector& weights, const Matrix& root, const PatchPrecision& precision) {
  Coded coded{precision, PatchVector::Zero(weights.size()), 0.0F};
  const auto step = static_cast<float>(1 << precision.shift);
  const float high = static_cast<float>((1 << (precision.bits - 1)) - 1);
  const float low = precision.bits + precision.shift == kMostBits ? -high : -high - 1.0F;
  PatchVector error = PatchVector::Zero(weights.size());
  for (Eigen::Index j = weights.size() - 1; j >= 0; --j) {
    float carried = 0.0F;
    for (Eigen::Index i = j + 1; i < weights.size(); ++i) carried += error[i] * root(i, j);
    const float wanted = weights[j] + carried / root(j, j);
    coded.values[j] = step * std::clamp(std::round(wanted / step), low, high);
    error[j] = weights[j] - coded.values[j];
    const float whitened = error[j] * root(j, j) + carried;
    coded.cost += whitened * whitened;
  }
  return coded;
}

/// The best form of a patch for each number of bits; no values where there is none.
std::array<Coded, kMostBits + 1> forms_of(const PatchVector& weights, const Matrix& root) {
  std::array<Coded, kMostBits + 1> forms;
  forms[0] = {{0, 0}, PatchVector::Zero(weights.size()), (weights * root).squaredNorm()};
  const float largest = weights.cwiseAbs().maxCoeff();
  for (int bits = 2; bits <= kMostBits; ++bits) {
    int shift = 0;
    while (shift + bits < kMostBits && largest > std::ldexp(static_cast<float>((1 << (bits - 1)) - 1) + 0.5F, shift)) {
      ++shift;
    }
    auto& best = forms[static_cast<std::size_t>(bits)];
    best.cost = std::numeric_limits<float>::max();
    for (int s = std::max(0, shift - 1); s <= shift; ++s) {
      Coded coded = rounded(weights, root, {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(s)});
      if (coded.cost < best.cost) best = std::move(coded);
    }
  }
  forms[1] = forms[0];
  return forms;
}

/// Whether enough of the weights (in steps of sqrt(importance)) are small. Zeros need no bits, whatever is small.
bool is_prunable(const PatchVector& weights, float importance, const PatchStrength& strength, double mean) {
  if (weights.isZero(0.0F)) return true;
  const auto limit = static_cast<float>(strength.small * mean) / std::sqrt(importance);
  const auto small = static_cast<double>((weights.cwiseAbs().array() < limit).count());
  return small >= strength.prunable_share * static_cast<double>(weights.size());
}

/// The number of bits that is cheapest: error and price.
template <class Costs>
int cheapest(const Costs& cost, bool prunable, double price, double rows) {
  int best = kMostBits;
  double least = std::numeric_limits<double>::max();
  for (int bits = prunable ? 0 : 2; bits <= kMostBits; ++bits) {
    if (bits == 1) continue;
    const double total = cost(bits) + price * bits * rows;
    if (total >= least) continue;
    least = total;
    best = bits;
  }
  return best;
}

/// What the price is found from: the costs of one patch at each precision.
struct PatchCosts {
  std::array<float, kMostBits + 1> cost{};
  bool prunable = false;
  float rows = 0.0F;
};

/// Looks only; leaves the weights as they are.
class Survey : public GroupCoder {
 public:
  Survey(const PatchStrength& strength, double mean, std::vector<PatchCosts>& patches)
      : strength_(strength), mean_(mean), patches_(patches) {}

  Matrix replace(std::size_t /*group*/, const Matrix& weights, const Matrix& root, const Eigen::VectorXf& importance,
                 GroupCode& /*code*/) override {
    const auto outputs = static_cast<std::size_t>(weights.rows());
    const std::size_t before = patches_.size();
    patches_.resize(before + outputs);
    in_parallel_runs(outputs, kFormedTogether, [&](std::size_t first, std::size_t end) {
      for (std::size_t o = first; o < end; ++o) {
        const auto row = static_cast<Eigen::Index>(o);
        patches_[before + o] = costs_of(weights.row(row), root, importance[row]);
      }
    });
    return weights;
  }

 private:
  PatchCosts costs_of(const PatchVector& weights, const Matrix& root, float importance) const {
    PatchCosts patch;
    const auto forms = forms_of(weights, root);
    for (std::size_t bits = 0; bits < forms.size(); ++bits) patch.cost[bits] = importance * forms[bits].cost;
    patch.prunable = is_prunable(weights, importance, strength_, mean_);
    patch.rows = static_cast<float>(weights.size());
    return patch;
  }

  const PatchStrength& strength_;
  double mean_;
  std::vector<PatchCosts>& patches_;
};

double mean_bits(const std::vector<PatchCosts>& patches, double price) {
  std::atomic<std::uint64_t> bits = 0;
  std::atomic<std::uint64_t> weights = 0;
  in_parallel_runs(patches.size(), kCheckedTogether, [&](std::size_t first, std::size_t end) {
    std::uint64_t bits_here = 0;
    std::uint64_t weights_here = 0;
    for (std::size_t i = first; i < end; ++i) {
      const PatchCosts& patch = patches[i];
      const auto rows = static_cast<std::uint64_t>(patch.rows);
      const auto cost = [&](int b) { return double{patch.cost[static_cast<std::size_t>(b)]}; };
      bits_here += static_cast<std::uint64_t>(cheapest(cost, patch.prunable, price, patch.rows)) * rows;
      weights_here += rows;
    }
    bits += bits_here;
    weights += weights_here;
  });
  return weights > 0 ? static_cast<double>(bits) / static_cast<double>(weights) : 0.0;
}

}  // namespace

Matrix PatchQuantisation::replace(std::size_t /*group*/, const Matrix& weights, const Matrix& root,
                                  const Eigen::VectorXf& importance, GroupCode& code) {
  Matrix result(weights.rows(), weights.cols());
  const auto outputs = static_cast<std::size_t>(weights.rows());
  code.precision.resize(outputs);
  in_parallel_runs(outputs, kFormedTogether, [&](std::size_t first, std::size_t end) {
    for (std::size_t output = first; output < end; ++output) {
      const auto o = static_cast<Eigen::Index>(output);
      const auto forms = forms_of(weights.row(o), root);
      // In single precision, as surveyed: the price is where one of the patches is in the balance.
      const auto cost = [&](int bits) { return double{importance[o] * forms[static_cast<std::size_t>(bits)].cost}; };
      const bool prunable = is_prunable(weights.row(o), importance[o], strength_, mean_magnitude_);
      const Coded& chosen =
          forms[static_cast<std::size_t>(cheapest(cost, prunable, price_, static_cast<double>(weights.cols())))];
      code.precision[output] = chosen.precision;
      result.row(o) = chosen.values;
    }
  });
  return result;
}

double price_of_bits(const CompressedLayer& layer, const MatrixShape& matrix, const std::vector<Segment>& segments,
                     const std::vector<Compensator>& compensators, const std::vector<Matrix>& weights,
                     const PatchStrength& strength, double mean) {
  std::vector<PatchCosts> patches;
  Survey survey(strength, mean, patches);
  std::vector<GroupCode> codes(layer.groups.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    Matrix copy = weights[s];
    code_segment(layer, matrix, segments[s], compensators[s], Matrix(), false, survey, copy, codes);
  }
  double low = 1e-20;
  double high = 1e10;
  for (int i = 0; i < 60; ++i) {
    const double middle = std::sqrt(low * high);
    (mean_bits(patches, middle) > strength.bits ? low : high) = middle;
  }
  return high;
}

double mean_magnitude(const CompressedLayer& layer, const MatrixShape& matrix, const std::vector<Segment>& segments,
                      const std::vector<Matrix>& weights) {
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const std::size_t first = static_cast<std::size_t>(segments[s].group) * (matrix.outputs / matrix.groups);
    for (Eigen::Index o = 0; o < weights[s].rows(); ++o) {
      sum += layer.steps[first + static_cast<std::size_t>(o)] *
             double{weights[s].row(o).head(segments[s].rows).cwiseAbs().sum()};
      count += segments[s].rows;
    }
  }
  return count > 0.0 ? sum / count : 0.0;
}

}  // namespace reprise
