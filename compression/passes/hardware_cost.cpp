#include "compression/passes/hardware_cost.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace reprise {
namespace {

/// How many slots of each width a row group stores.
std::array<double, 9> slots_by_width(const RowGroup& group, const GroupCode& code) {
  std::array<double, 9> slots{};
  if (!code.uses.empty()) {
    slots[8] = static_cast<double>(code.codebook.size());
  } else if (!code.precision.empty()) {
    for (const PatchPrecision& precision : code.precision) slots[precision.bits] += 1.0;
  } else {
    slots[8] = static_cast<double>(group.outputs.size());
  }
  return slots;
}

double entries_of(const RowGroup& group, const GroupCode& code) {
  const auto used =
      std::count_if(code.uses.begin(), code.uses.end(), [](const PatternUse& u) { return u.codeword >= 0; });
  const auto stored =
      std::count_if(code.precision.begin(), code.precision.end(), [](const PatchPrecision& p) { return p.bits > 0; });
  if (!code.uses.empty()) return static_cast<double>(used);
  return code.precision.empty() ? static_cast<double>(group.outputs.size()) : static_cast<double>(stored);
}

/// Bits of a scatter entry beside the output: what the layer's codes need.
double extra_entry_bits(const CompressedLayer& layer) {
  bool shared = false;
  bool shifts = false;
  bool signs = false;
  for (const GroupCode& code : layer.codes) {
    shared = shared || !code.uses.empty();
    for (const PatternUse& use : code.uses) {
      shifts = shifts || use.shift > 0;
      signs = signs || use.negative;
    }
    for (const PatchPrecision& precision : code.precision) shifts = shifts || precision.shift > 0;
  }
  return (shared ? 1.0 : 0.0) + (shifts ? 3.0 : 0.0) + (signs ? 1.0 : 0.0);
}

bool is_dense(const CompressedLayer& layer) {
  return !layer.shapes && std::all_of(layer.codes.begin(), layer.codes.end(), [](const GroupCode& code) {
    return code.uses.empty() && code.precision.empty();
  });
}

}  // namespace

LiveInputs::LiveInputs(const Matrix& columns, const Quantisation& quantisation, double windows_per_image)
    : windows_(static_cast<std::size_t>(columns.cols())), windows_per_image_(windows_per_image) {
  values_.reserve(static_cast<std::size_t>(columns.size()));
  for (Eigen::Index i = 0; i < columns.size(); ++i) {
    const double stored = std::round(columns.data()[i] / quantisation.scale) + quantisation.zero_point;
    values_.push_back(static_cast<std::uint8_t>(std::clamp(stored, 0.0, 255.0)));
  }
}

double LiveInputs::live_bits(const std::vector<std::uint32_t>& rows) const {
  std::vector<std::uint8_t> any(windows_, 0);
  for (const std::uint32_t row : rows) {
    const std::uint8_t* line = &values_[row * windows_];
    for (std::size_t w = 0; w < windows_; ++w) any[w] = static_cast<std::uint8_t>(any[w] | line[w]);
  }
  std::uint64_t live = 0;
  for (const std::uint8_t bits : any) live += static_cast<std::uint64_t>(__builtin_popcount(bits));
  return static_cast<double>(live) / static_cast<double>(windows_) * windows_per_image_;
}

double LiveInputs::formed_parts(const std::vector<std::uint32_t>& rows, int part_rows) const {
  std::vector<std::array<std::uint32_t, 8>> ones(windows_);
  for (const std::uint32_t row : rows) {
    const std::uint8_t* line = &values_[row * windows_];
    for (std::size_t w = 0; w < windows_; ++w) {
      for (unsigned bit = 0; bit < 8; ++bit) ones[w][bit] += (unsigned{line[w]} >> bit) & 1U;
    }
  }
  const auto height = static_cast<std::uint32_t>(part_rows);
  std::uint64_t parts = 0;
  for (const auto& of_window : ones) {
    for (const std::uint32_t count : of_window) parts += (count + height - 1) / height;
  }
  return static_cast<double>(parts) / static_cast<double>(windows_) * windows_per_image_;
}

template <class Visit>
void LiveInputs::each_block(int block_rows, std::uint32_t rows_per_group, Visit visit) const {
  const std::size_t rows = values_.size() / windows_;
  for (std::size_t start = 0; start < rows; start += rows_per_group) {
    for (std::size_t first = 0; first < rows_per_group; first += static_cast<std::size_t>(block_rows)) {
      const std::size_t end = std::min<std::size_t>(first + static_cast<std::size_t>(block_rows), rows_per_group);
      for (std::size_t window = 0; window < windows_; ++window) {
        int sum = 0;
        int largest = 0;
        for (std::size_t row = first; row < end; ++row) {
          const int value = values_[(start + row) * windows_ + window];
          sum += value;
          largest = std::max(largest, value);
        }
        visit(start + first, start + end, window, sum, largest);
      }
    }
  }
}

LiveInputs LiveInputs::filtered(const InputFilter& filter, std::uint32_t rows_per_group) const {
  LiveInputs result = *this;
  each_block(filter.block_rows, rows_per_group,
             [&](std::size_t first, std::size_t end, std::size_t window, int sum, int largest) {
               int mask = 0xFF;
               for (int dropped = 0; (largest >> (dropped + filter.planes)) != 0; ++dropped)
                 mask = 0xFF << (dropped + 1);
               if (sum < filter.least_sum) mask = 0;
               for (std::size_t row = first; row < end; ++row) {
                 std::uint8_t& value = result.values_[row * windows_ + window];
                 value = static_cast<std::uint8_t>(value & mask);
               }
             });
  return result;
}

int LiveInputs::quiet_sum(double share, int block_rows, std::uint32_t rows_per_group) const {
  std::vector<int> sums;
  each_block(block_rows, rows_per_group, [&](std::size_t, std::size_t, std::size_t, int sum, int) {
    if (sum > 0) sums.push_back(sum);
  });
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sums.size()));
  if (rank == 0) return 0;
  std::nth_element(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(rank - 1), sums.end());
  return sums[rank - 1] + 1;
}

HardwareCost hardware_cost(const CompressedLayer& layer, std::uint32_t outputs, const UnitShape& unit,
                           const LiveInputs& inputs) {
  HardwareCost cost;
  double entries = 0.0;
  for (std::size_t g = 0; g < layer.groups.size(); ++g) {
    const RowGroup& group = layer.groups[g];
    const GroupCode code = layer.codes.empty() ? GroupCode{} : layer.codes[g];
    const auto slots = slots_by_width(group, code);
    double units = 0.0;
    for (int width = 1; width <= 8; ++width) {
      const double stored = slots[static_cast<std::size_t>(width)];
      cost.cells += stored * width * static_cast<double>(group.rows.size());
      units += width <= unit.columns ? std::ceil(stored / std::floor(unit.columns / width))
                                     : stored * std::ceil(static_cast<double>(width) / unit.columns);
    }
    const bool formed = unit.group_rows > unit.rows;
    cost.activations += units * (formed ? inputs.formed_parts(group.rows, unit.rows) : inputs.live_bits(group.rows));
    entries += entries_of(group, code);
  }
  if (is_dense(layer)) return cost;
  cost.table_bits = entries * (std::ceil(std::log2(std::max(2U, outputs))) + extra_entry_bits(layer)) +
                    8.0 * static_cast<double>(layer.groups.size());
  return cost;
}

}  // namespace reprise
