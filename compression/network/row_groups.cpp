#include "compression/network/row_groups.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <variant>

namespace reprise {
namespace {

using Numbers = std::vector<std::uint32_t>;

void append_cut(const Numbers& rows, const Numbers& outputs, std::size_t group_rows, std::vector<RowGroup>& groups) {
  if (outputs.empty()) return;
  for (std::size_t first = 0; first < rows.size(); first += group_rows) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(first + group_rows, rows.size()));
    groups.push_back({Numbers(begin, end), outputs});
  }
}

}  // namespace

MatrixShape matrix_shape(const NetworkDescription& network, std::size_t layer) {
  const Layer& described = network.layers.at(layer);
  const auto& convolution = std::get<ConvolutionLayer>(described.operation);
  const int channels = network.shape_of(described.inputs.at(0)).channels / convolution.groups;
  return {static_cast<std::uint32_t>(described.shape.channels), static_cast<std::uint32_t>(convolution.groups),
          static_cast<std::uint32_t>(channels * convolution.window.area())};
}

std::vector<RowGroup> row_groups(const MatrixShape& matrix, const RowShapes* shapes, int group_rows) {
  std::vector<RowGroup> result;
  const RowShapes whole{group_rows, {}, {}};
  const auto block_rows = static_cast<std::uint32_t>((shapes != nullptr ? *shapes : whole).block_rows);
  const std::uint32_t blocks = (matrix.rows_per_group + block_rows - 1) / block_rows;
  const std::uint32_t outputs_per_group = matrix.outputs / matrix.groups;
  const auto append = [&](std::uint32_t group, std::uint32_t block, const std::vector<std::uint32_t>* kept, int shape) {
    RowGroup all;
    const std::uint32_t height = std::min(block_rows, matrix.rows_per_group - block * block_rows);
    const std::uint32_t first = group * matrix.rows_per_group + block * block_rows;
    for (std::uint32_t row = 0; row < height; ++row) {
      if (kept == nullptr || std::binary_search(kept->begin(), kept->end(), row)) all.rows.push_back(first + row);
    }
    for (std::uint32_t output = group * outputs_per_group; output < (group + 1) * outputs_per_group; ++output) {
      if (kept == nullptr || shapes->shape_of[output * blocks + block] == shape) all.outputs.push_back(output);
    }
    append_cut(all.rows, all.outputs, static_cast<std::size_t>(group_rows), result);
  };
  for (std::uint32_t group = 0; group < matrix.groups; ++group) {
    for (std::uint32_t block = 0; block < blocks; ++block) {
      if (shapes == nullptr) append(group, block, nullptr, 0);
      for (std::size_t shape = 0; shapes != nullptr && shape < shapes->shapes.size(); ++shape) {
        append(group, block, &shapes->shapes[shape], static_cast<int>(shape));
      }
    }
  }
  return result;
}

std::vector<RowGroup> compressed_row_groups(const MatrixShape& matrix, const std::vector<std::int8_t>& weights,
                                            int strip, int group_rows) {
  std::vector<RowGroup> result;
  const std::uint32_t outputs_per_group = matrix.outputs / matrix.groups;
  for (std::uint32_t group = 0; group < matrix.groups; ++group) {
    std::map<Numbers, Numbers> outputs_by_rows;
    const std::uint32_t end = (group + 1) * outputs_per_group;
    for (std::uint32_t first = group * outputs_per_group; first < end; first += static_cast<std::uint32_t>(strip)) {
      const std::uint32_t last = std::min(first + static_cast<std::uint32_t>(strip), end);
      Numbers rows;
      for (std::uint32_t row = 0; row < matrix.rows_per_group; ++row) {
        bool any = false;
        for (std::uint32_t o = first; o < last; ++o) any |= weights[std::size_t{o} * matrix.rows_per_group + row] != 0;
        if (any) rows.push_back(group * matrix.rows_per_group + row);
      }
      Numbers& outputs = outputs_by_rows[rows];
      for (std::uint32_t o = first; o < last; ++o) outputs.push_back(o);
    }
    for (const auto& [rows, outputs] : outputs_by_rows) {
      append_cut(rows, outputs, static_cast<std::size_t>(group_rows), result);
    }
  }
  return result;
}

}  // namespace reprise
