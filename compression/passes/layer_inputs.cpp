#include "compression/passes/layer_inputs.h"

#include <algorithm>
#include <utility>

#include "compression/network/unfold.h"
#include "compression/passes/parallel.h"

namespace reprise {
namespace {

constexpr int kLargestSegment = 5000;
constexpr Eigen::Index kWindowsAtOnce = 512;  // in a product; several images where they are small

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

const FloatConvolution& convolution_of(const Graph& graph, int node) {
  return std::get<FloatConvolution>(graph.nodes[index(node)].operation);
}

/// The rows of a segment and a row of ones, of some im2col matrices side by side.
Matrix with_ones(const std::vector<Matrix>& columns, const Segment& segment, int rows_per_group) {
  Eigen::Index width = 0;
  for (const Matrix& part : columns) width += part.cols();
  Matrix result = Matrix::Ones(segment.rows + 1, width);
  Eigen::Index first = 0;
  for (const Matrix& part : columns) {
    result.block(0, first, segment.rows, part.cols()) =
        part.middleRows(segment.group * rows_per_group + segment.first_row, segment.rows);
    first += part.cols();
  }
  return result;
}

}  // namespace

MatrixShape matrix_shape(const Graph& graph, int node) {
  const FloatConvolution& convolution = convolution_of(graph, node);
  const auto outputs = static_cast<std::uint32_t>(convolution.bias.size());
  return {outputs, static_cast<std::uint32_t>(convolution.groups),
          static_cast<std::uint32_t>(convolution.weights.size() / outputs)};
}

std::vector<Segment> segments_of(const MatrixShape& matrix, int alignment) {
  const int rows = static_cast<int>(matrix.rows_per_group);
  const int longest = std::max(kLargestSegment / alignment, 1) * alignment;
  std::vector<Segment> segments;
  for (int group = 0; group < static_cast<int>(matrix.groups); ++group) {
    for (int first = 0; first < rows; first += longest)
      segments.push_back({group, first, std::min(longest, rows - first)});
  }
  return segments;
}

std::vector<int> sampled_rows(const Shape& output, std::size_t image, std::size_t images, std::int64_t windows) {
  const std::int64_t wanted = windows / static_cast<std::int64_t>(images) / output.width;
  const int count = static_cast<int>(std::clamp<std::int64_t>(wanted, 1, output.height));
  std::vector<int> rows;
  rows.reserve(index(count));
  // Evenly spread, and shifted from image to image so that borders and middles are all seen.
  for (int i = 0; i < count; ++i) {
    rows.push_back((i * output.height / count + static_cast<int>(image * 7 % index(output.height))) % output.height);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

Matrix unfold_rows(const Graph& graph, int node, const std::vector<float>& input, const std::vector<int>& output_rows,
                   const std::optional<FloatInputFilter>& filter) {
  const FloatConvolution& convolution = convolution_of(graph, node);
  const Node& there = graph.nodes[index(node)];
  const Shape& shape = graph.shape_of(there.inputs[0]);
  const int channels = shape.channels / convolution.groups;
  const int taps = channels * convolution.window.area();
  const int width = there.shape.width;
  Matrix columns(Eigen::Index{taps} * convolution.groups, static_cast<Eigen::Index>(output_rows.size()) * width);
  Matrix line(taps, width);
  for (int group = 0; group < convolution.groups; ++group) {
    const float* planes = input.data() + index(group * channels) * shape.pixels();
    for (std::size_t i = 0; i < output_rows.size(); ++i) {
      unfold(planes, shape, channels, convolution.window, width, output_rows[i], 1, line.data());
      if (filter) filter_columns(*filter, taps, width, line.data());
      columns.block(group * taps, static_cast<Eigen::Index>(i) * width, taps, width) = line;
    }
  }
  return columns;
}

void PairedRun::advance_to(int node) {
  original_.advance_to(node);
  if (compressed_) compressed_->advance_to(node);
}

std::vector<InputStatistics> PairedRun::statistics(int node, const std::vector<Segment>& segments, std::int64_t windows,
                                                   const std::optional<FloatInputFilter>& filter) const {
  const int rows_per_group = static_cast<int>(matrix_shape(graph_, node).rows_per_group);
  const bool equal = !filter && has_same_input(node);
  std::vector<InputStatistics> result(segments.size());
  for (std::size_t s = 0; s < segments.size(); ++s) {
    const auto size = segments[s].rows + 1;
    result[s].own = Matrix::Zero(size, size);
    if (!equal) result[s].cross = Matrix::Zero(size, size);
  }
  const auto rows_of = [&](std::size_t image) {
    return sampled_rows(graph_.nodes[index(node)].shape, image, original_.images(), windows);
  };
  const Eigen::Index width = graph_.nodes[index(node)].shape.width;
  std::int64_t count = 0;
  for (std::size_t image = 0; image < original_.images();) {
    const std::size_t first = image;
    Eigen::Index columns = 0;
    for (; image < original_.images() && columns < kWindowsAtOnce; ++image) {
      columns += static_cast<Eigen::Index>(rows_of(image).size()) * width;
    }
    std::vector<Matrix> own(image - first);
    std::vector<Matrix> target(equal ? 0 : image - first);
    in_parallel(image - first, [&](std::size_t i) {
      own[i] = unfold_rows(graph_, node, compressed().input(node, first + i), rows_of(first + i), filter);
      if (!equal) target[i] = unfold_rows(graph_, node, original_.input(node, first + i), rows_of(first + i));
    });
    count += columns;
    in_parallel(segments.size(), [&](std::size_t s) {
      const Matrix x = with_ones(own, segments[s], rows_per_group);
      add_product_in_parallel(x, x, Transposed::yes, result[s].own);
      if (equal) return;
      add_product_in_parallel(with_ones(target, segments[s], rows_per_group), x, Transposed::yes, result[s].cross);
    });
  }
  for (InputStatistics& statistics : result) {
    statistics.own /= static_cast<float>(count);
    if (equal) {
      statistics.cross = statistics.own;
    } else {
      statistics.cross /= static_cast<float>(count);
    }
  }
  return result;
}

bool PairedRun::has_same_input(int node) const {
  for (std::size_t image = 0; image < original_.images(); ++image) {
    if (compressed_ && original_.input(node, image) != compressed_->input(node, image)) return false;
  }
  return true;
}

}  // namespace reprise
