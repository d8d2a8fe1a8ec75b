#include "compression/network/unfold.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/vector_clones.h"

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

/// out[y][x] = in[y + row][x + column], zero outside, for first_row .. first_row + rows - 1 of an output as wide as the
/// input: one piece of memory, in which only the ends of the lines are wrong.
void copy_shifted(const float* in, const Shape& shape, int row, int column, int first_row, int rows, float* out) {
  const int width = shape.width;
  const int begin = std::clamp(-row, first_row, first_row + rows);
  const int end = std::clamp(shape.height - row, begin, first_row + rows);
  float* const inside = out + index(begin - first_row) * index(width);
  float* const after = out + index(end - first_row) * index(width);
  std::fill(out, inside, 0.0F);
  std::fill(after, out + index(rows) * index(width), 0.0F);
  const int left = std::min(std::max(-column, 0), width);
  const int right = std::min(std::max(column, 0), width);
  if (end == begin || left + right >= width) return std::fill(inside, after, 0.0F);
  const float* from = in + index(begin + row) * index(width) + right;
  std::copy(from, from + (after - inside) - left - right, inside + left);
  // Column by column: a call of the library for each end of a line would take longer than the rest.
  for (int x = 0; x < left; ++x) {
    for (float* line = inside; line != after; line += width) line[x] = 0.0F;
  }
  for (int x = width - right; x < width; ++x) {
    for (float* line = inside; line != after; line += width) line[x] = 0.0F;
  }
}

/// What a float is in storage. Rounds halves up; written so that a compiler needs no branches.
int stored_value(float real, float inverse_scale) {
  return static_cast<int>(std::min(std::max(real, 0.0F) * inverse_scale + 0.5F, 255.0F));
}

/// By the largest value of a block: the bits that remain.
std::vector<int> masks_of(int planes) {
  std::vector<int> masks;
  for (int largest = 0; largest < 256; ++largest) {
    int dropped = 0;
    while ((largest >> (dropped + planes)) != 0) ++dropped;
    masks.push_back(~((1 << dropped) - 1));
  }
  return masks;
}

constexpr int kUntouched = -1;  ///< mask of a value that stays as it is

/// line[i] = what remains of the stored value. __restrict: bytes might be anything's, which keeps loops from vectors.
REPRISE_VECTOR_CLONES void cut_row(const int* __restrict masks, const std::uint8_t* __restrict values, float scale,
                                   int count, float* __restrict line) {
  for (int i = 0; i < count; ++i) {
    const float whole = line[i];
    const float cut = scale * static_cast<float>(values[i] & masks[i]);
    line[i] = masks[i] == kUntouched ? whole : cut;
  }
}

/// One block of rows in some columns, `pitch` floats from row to row. `masks` are those of the filter's planes;
/// `stored` is scratch.
REPRISE_VECTOR_CLONES void filter_block(const FloatInputFilter& filter, const std::vector<int>& masks, int rows,
                                        int count, std::size_t pitch, float* block, std::vector<std::uint8_t>& stored) {
  const float scale = filter.scale;
  const float inverse = 1.0F / scale;
  std::vector<int> sums(index(count), 0);
  std::vector<std::uint8_t> largest(index(count), 0);
  stored.resize(index(rows) * index(count));
  for (int row = 0; row < rows; ++row) {
    const float* line = block + index(row) * pitch;
    std::uint8_t* const values = &stored[index(row) * index(count)];
    for (int i = 0; i < count; ++i) values[i] = static_cast<std::uint8_t>(stored_value(line[i], inverse));
    for (int i = 0; i < count; ++i) {
      sums[index(i)] += values[i];
      largest[index(i)] = std::max(largest[index(i)], values[i]);
    }
  }
  std::vector<int>& mask = sums;
  bool touched = false;
  for (int i = 0; i < count; ++i) {
    mask[index(i)] = sums[index(i)] < filter.rule.least_sum ? 0 : masks[largest[index(i)]];
    touched = touched || mask[index(i)] != kUntouched;
  }
  if (!touched) return;
  for (int row = 0; row < rows; ++row) {
    cut_row(mask.data(), &stored[index(row) * index(count)], scale, count, block + index(row) * pitch);
  }
}

}  // namespace

void unfold(const float* in, const Shape& shape, int channels, const SlidingWindow& window, int width, int first_row,
            int rows, float* columns) {
  for (int c = 0; c < channels; ++c) {
    const float* plane = in + index(c) * shape.pixels();
    for (int k = 0; k < window.area(); ++k) {
      const int row = k / window.kernel_width * window.dilation_height - window.pad_top;
      const int column = k % window.kernel_width * window.dilation_width - window.pad_left;
      if (window.stride_height == 1 && window.stride_width == 1 && width == shape.width) {
        copy_shifted(plane, shape, row, column, first_row, rows, columns);
        columns += index(rows) * index(width);
        continue;
      }
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
  constexpr int kChunk = 512;  // columns at a time: what a block touches stays in the cache
  const std::vector<int> masks = masks_of(filter.rule.planes);
  std::vector<std::uint8_t> stored;
  for (int first = 0; first < taps; first += filter.rule.block_rows) {
    const int end = std::min(first + filter.rule.block_rows, taps);
    for (int from = 0; from < count; from += kChunk) {
      filter_block(filter, masks, end - first, std::min(kChunk, count - from), index(count),
                   columns + index(first) * index(count) + index(from), stored);
    }
  }
}

}  // namespace reprise
