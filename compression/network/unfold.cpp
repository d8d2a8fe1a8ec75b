#include "compression/network/unfold.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace reprise {
namespace {

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// out[x] = in[first + x * stride], zero outside 0..size-1.
void copy_row(const float* in, int size, int first, int stride, float* out, int count) {
  for (int x = 0; x < count; ++x) {
    const int position = first + x * stride;
    out[x] = position >= 0 && position < size ? in[position] : 0.0F;
  }
}

void copy_row_unit_stride(const float* in, int size, int first, float* out, int count) {
  const int begin = std::clamp(-first, 0, count);
  const int end = std::clamp(size - first, begin, count);
  std::fill(out, out + begin, 0.0F);
  std::copy(in + first + begin, in + first + end, out + begin);
  std::fill(out + end, out + count, 0.0F);
}

}  // namespace

void unfold(const float* in, const Shape& shape, int channels, const SlidingWindow& window, int width, int first_row,
            int rows, float* columns) {
  for (int c = 0; c < channels; ++c) {
    const float* plane = in + index(c) * shape.pixels();
    for (int k = 0; k < window.area(); ++k) {
      const int row = k / window.kernel_width * window.dilation_height - window.pad_top;
      const int column = k % window.kernel_width * window.dilation_width - window.pad_left;
      for (int y = first_row; y < first_row + rows; ++y, columns += width) {
        const int from = row + y * window.stride_height;
        if (from < 0 || from >= shape.height) {
          std::fill(columns, columns + width, 0.0F);
          continue;
        }
        const float* line = plane + index(from) * index(shape.width);
        if (window.stride_width == 1) {
          copy_row_unit_stride(line, shape.width, column, columns, width);
        } else {
          copy_row(line, shape.width, column, window.stride_width, columns, width);
        }
      }
    }
  }
}

void filter_columns(const FloatInputFilter& filter, int taps, int count, float* columns) {
  const float inverse = 1.0F / filter.scale;
  const auto stored = [&](float real) {
    return std::min(static_cast<int>(std::max(real, 0.0F) * inverse + 0.5F), 255);
  };
  std::vector<int> sums(index(count));
  std::vector<int> largest(index(count));
  for (int first = 0; first < taps; first += filter.rule.block_rows) {
    const int end = std::min(first + filter.rule.block_rows, taps);
    std::fill(sums.begin(), sums.end(), 0);
    std::fill(largest.begin(), largest.end(), 0);
    for (int tap = first; tap < end; ++tap) {
      for (int i = 0; i < count; ++i) {
        const int value = stored(columns[index(tap) * index(count) + index(i)]);
        sums[index(i)] += value;
        largest[index(i)] = std::max(largest[index(i)], value);
      }
    }
    for (int i = 0; i < count; ++i) {
      int dropped = 0;  // low bits
      while ((largest[index(i)] >> (dropped + filter.rule.planes)) != 0) ++dropped;
      const bool zero = sums[index(i)] < filter.rule.least_sum;
      if (!zero && dropped == 0) continue;
      for (int tap = first; tap < end; ++tap) {
        float& value = columns[index(tap) * index(count) + index(i)];
        value = zero ? 0.0F : filter.scale * static_cast<float>(stored(value) >> dropped << dropped);
      }
    }
  }
}

}  // namespace reprise
