#include "compression/mapping/activity.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <variant>

#include "compression/network/row_groups.h"

namespace reprise {
namespace {

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// The stored im2col rows of one output position, those of padding holding the zero point.
class Windows {
 public:
  Windows(const Shape& shape, const ConvolutionLayer& convolution, std::uint8_t zero,
          const std::vector<std::uint8_t>& tensor)
      : shape_(shape), convolution_(convolution), zero_(zero), tensor_(tensor) {
    rows_.resize(index(shape.channels * convolution.window.area()));
  }

  const std::vector<std::uint8_t>& at(int y, int x) {
    const SlidingWindow& window = convolution_.window;
    std::size_t row = 0;
    for (int channel = 0; channel < shape_.channels; ++channel) {
      for (int ky = 0; ky < window.kernel_height; ++ky) {
        for (int kx = 0; kx < window.kernel_width; ++kx, ++row) {
          const int iy = y * window.stride_height - window.pad_top + ky * window.dilation_height;
          const int ix = x * window.stride_width - window.pad_left + kx * window.dilation_width;
          const bool inside = iy >= 0 && iy < shape_.height && ix >= 0 && ix < shape_.width;
          rows_[row] = inside ? tensor_[index((channel * shape_.height + iy) * shape_.width + ix)] : zero_;
        }
      }
    }
    if (convolution_.filter) filter();
    return rows_;
  }

 private:
  void filter() {
    const InputFilter& filter = *convolution_.filter;
    const std::size_t rows_per_group = rows_.size() / index(convolution_.groups);
    for (std::size_t first = 0; first < rows_.size();) {
      const std::size_t left_in_group = rows_per_group - first % rows_per_group;
      const std::size_t end = first + std::min(left_in_group, index(filter.block_rows));
      filter_block(filter, rows_.data() + first, rows_.data() + end);
      first = end;
    }
  }

  static void filter_block(const InputFilter& filter, std::uint8_t* begin, std::uint8_t* end) {
    if (std::accumulate(begin, end, 0) < filter.least_sum) return std::fill(begin, end, std::uint8_t{0});
    const unsigned largest = *std::max_element(begin, end);
    int leading = 0;
    while ((largest >> leading) > 1) ++leading;
    const unsigned mask = ~0U << std::max(leading - filter.planes + 1, 0);
    std::for_each(begin, end, [mask](std::uint8_t& value) { value = static_cast<std::uint8_t>(value & mask); });
  }

  Shape shape_;
  const ConvolutionLayer& convolution_;
  std::uint8_t zero_;
  const std::vector<std::uint8_t>& tensor_;
  std::vector<std::uint8_t> rows_;
};

/// Of one row group and window: the bits with a 1 in any row, and the parts that units of them are formed in.
struct LivePairs {
  std::uint64_t live = 0;
  std::uint64_t parts = 0;
};

LivePairs live_pairs(const std::vector<std::uint8_t>& values, const RowGroupLoad& load) {
  if (load.part_rows == 0) {
    unsigned any = 0;
    for (const std::uint32_t row : load.rows) any |= values[row];
    const auto live = static_cast<std::uint64_t>(__builtin_popcount(any));
    return {live, live};
  }
  LivePairs pairs;
  for (unsigned bit = 0; bit < 8; ++bit) {
    std::uint64_t ones = 0;
    for (const std::uint32_t row : load.rows) ones += (values[row] >> bit) & 1U;
    if (ones == 0) continue;
    ++pairs.live;
    pairs.parts += (ones + load.part_rows - 1) / load.part_rows;
  }
  return pairs;
}

void count_window(const std::vector<std::uint8_t>& values, const std::vector<RowGroupLoad>& loads,
                  UnitActivity& activity) {
  for (const RowGroupLoad& load : loads) {
    const LivePairs pairs = live_pairs(values, load);
    activity.activations += pairs.parts * load.units;
    activity.dropped += (8 - pairs.live) * load.units;
    activity.conversions += pairs.parts * load.columns;
  }
}

}  // namespace

UnitActivity& UnitActivity::operator+=(const UnitActivity& other) {
  activations += other.activations;
  dropped += other.dropped;
  conversions += other.conversions;
  return *this;
}

std::vector<RowGroupLoad> loads_of(const LayerMapping& mapping, const Geometry& geometry) {
  std::vector<RowGroupLoad> loads(mapping.row_group_count());
  for (std::size_t group = 0; group < loads.size(); ++group) {
    loads[group].rows.assign(mapping.rows.begin() + mapping.row_group_starts[group],
                             mapping.rows.begin() + mapping.row_group_starts[group + 1]);
    if (geometry.forms_units()) loads[group].part_rows = static_cast<std::uint64_t>(geometry.unit_rows);
  }
  for (const OperationUnit& unit : mapping.units) {
    ++loads[unit.row_group].units;
    loads[unit.row_group].columns += unit.columns;
  }
  return loads;
}

std::vector<RowGroupLoad> dense_loads(const NetworkDescription& network, std::size_t layer, const Geometry& geometry) {
  constexpr std::uint64_t kWeightColumns = 8;
  const auto unit_columns = static_cast<std::uint64_t>(geometry.unit_columns);
  std::vector<RowGroupLoad> loads;
  for (RowGroup& group : row_groups(matrix_shape(network, layer), nullptr, geometry.unit_rows)) {
    const std::uint64_t outputs = group.outputs.size();
    const std::uint64_t units = unit_columns < kWeightColumns
                                    ? outputs * ((kWeightColumns + unit_columns - 1) / unit_columns)
                                    : (outputs + unit_columns / kWeightColumns - 1) / (unit_columns / kWeightColumns);
    loads.push_back({std::move(group.rows), 0, units, outputs * kWeightColumns});
  }
  return loads;
}

UnitActivity count_activity(const NetworkDescription& network, std::size_t layer,
                            const std::vector<RowGroupLoad>& loads, const std::vector<std::uint8_t>& input,
                            const std::vector<std::vector<std::uint8_t>>& tensors) {
  const Layer& described = network.layers[layer];
  const int from = described.inputs.front();
  Windows windows(network.shape_of(from), std::get<ConvolutionLayer>(described.operation),
                  static_cast<std::uint8_t>(network.quantisation_of(from).zero_point),
                  from == kNetworkInput ? input : tensors[index(from)]);
  UnitActivity activity;
  for (int y = 0; y < described.shape.height; ++y) {
    for (int x = 0; x < described.shape.width; ++x) count_window(windows.at(y, x), loads, activity);
  }
  return activity;
}

}  // namespace reprise
