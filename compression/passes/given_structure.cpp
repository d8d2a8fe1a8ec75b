#include "compression/passes/given_structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "compression/datasets/array_file.h"
#include "compression/image/plain_names.h"
#include "compression/passes/layer_inputs.h"
#include "compression/passes/layer_plan.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

using Extents = std::vector<std::uint64_t>;
using Rows = std::vector<std::uint32_t>;

constexpr std::size_t kMostShapes = std::numeric_limits<std::int16_t>::max();

std::string text_of(const Extents& shape) {
  return fmt::format("{}", fmt::join(shape, " x "));
}

/// A folder with at most one file for each convolution.
class LayerFolder {
 public:
  LayerFolder(const Graph& graph, std::string key, fs::path folder)
      : graph_(graph), key_(std::move(key)), folder_(std::move(folder)) {
    const LayerPlan plan(graph);
    std::vector<int> nodes;
    std::vector<std::string> names;
    for (int node = 0; node < static_cast<int>(graph.nodes.size()); ++node) {
      if (plan.is_fused(node)) continue;
      nodes.push_back(plan.head(node));
      names.push_back(name_of(nodes.back()));
    }
    const std::vector<std::string> plain = plain_names(names);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = graph.nodes[static_cast<std::size_t>(nodes[i])];
      if (std::holds_alternative<FloatConvolution>(node.operation)) files_.emplace(plain[i] + ".npy", nodes[i]);
    }
  }

  /// Calls read(file, node) for every file, in the order of their names; its errors are told with the layer.
  void each_file(const std::function<void(InputFile& file, int node)>& read) const {
    std::error_code fault;
    fs::directory_iterator folder(folder_, fault);
    if (fault) throw InputError(fmt::format("{}: {}: expected a folder", key_, folder_.string()));
    std::vector<fs::path> paths;
    for (const fs::directory_entry& entry : folder) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) {
      const int node = node_of(path);
      try {
        InputFile file(path.string());
        read(file, node);
      } catch (const InputError& error) {
        throw InputError(fmt::format("{} ({} of layer '{}')", error.what(), key_, name_of(node)));
      }
    }
    log_info("{}: {} of {} convolutions, from {}", key_, paths.size(), files_.size(), folder_.string());
  }

 private:
  const std::string& name_of(int node) const { return graph_.nodes[static_cast<std::size_t>(node)].name; }

  int node_of(const fs::path& path) const {
    const auto found = files_.find(path.filename().string());
    if (found != files_.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [name, node] : files_) names.push_back(name);
    throw InputError(fmt::format("{}: {}: names no convolution of the network; expected one of {}", key_, path.string(),
                                 fmt::join(names, ", ")));
  }

  const Graph& graph_;
  std::string key_;
  fs::path folder_;
  std::map<std::string, int> files_;  // by name, the node
};

/// All bytes of an array that has one of the shapes.
std::string read_array(InputFile& file, const std::vector<std::string>& types, const std::vector<Extents>& shapes) {
  const ArrayHeader header = read_npy_header(file, types);
  if (std::find(shapes.begin(), shapes.end(), header.shape) == shapes.end()) {
    std::vector<std::string> expected;
    for (const Extents& shape : shapes) expected.push_back(text_of(shape));
    file.fail(fmt::format("an array of {}, expected {}", text_of(header.shape), fmt::join(expected, " or ")));
  }
  return file.read(header.data_offset, file.size() - header.data_offset);
}

std::vector<std::uint8_t> read_mask(InputFile& file, const MatrixShape& matrix, const SlidingWindow& window) {
  const auto height = static_cast<std::uint64_t>(window.kernel_height);
  const auto width = static_cast<std::uint64_t>(window.kernel_width);
  const std::string bytes = read_array(file, {"|u1", "|b1"},
                                       {{matrix.outputs, matrix.rows_per_group / height / width, height, width},
                                        {matrix.outputs, matrix.rows_per_group}});
  std::vector<std::uint8_t> mask(bytes.begin(), bytes.end());
  const auto wrong = std::find_if(mask.begin(), mask.end(), [](std::uint8_t value) { return value > 1; });
  if (wrong != mask.end()) {
    file.fail(fmt::format("weight {} has the value {}, expected 0 or 1", wrong - mask.begin(), *wrong));
  }
  return mask;
}

/// One row group's codewords, [codeword][row]; rows that the group does not have must be 0.
std::vector<std::vector<std::int8_t>> cut_codebook(const InputFile& file, const char* bytes, std::uint64_t codewords,
                                                   std::uint64_t all_rows, std::size_t rows, std::size_t group) {
  std::vector<std::vector<std::int8_t>> codebook;
  for (std::uint64_t c = 0; c < codewords; ++c, bytes += all_rows) {
    const std::vector<std::int8_t> word(bytes, bytes + all_rows);
    for (std::size_t row = 0; row < word.size(); ++row) {
      if (word[row] == -128 || (row >= rows && word[row] != 0)) {
        file.fail(fmt::format("row group {}, codeword {}, row {}: the value {}, expected {}", group, c, row, word[row],
                              row < rows ? "-127..127" : fmt::format("0, as the group has {} rows", rows)));
      }
    }
    codebook.emplace_back(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(rows));
  }
  return codebook;
}

Codebooks read_codebooks(InputFile& file, const MatrixShape& matrix, int unit_rows) {
  const std::vector<RowGroup> groups = row_groups(matrix, nullptr, unit_rows);
  const ArrayHeader header = read_npy_header(file, {"|i1"});
  const std::uint64_t rows = groups.front().rows.size();
  const Extents& shape = header.shape;
  if (shape.size() != 3 || shape[0] != groups.size() || shape[1] > kMostShapes || shape[2] != rows) {
    file.fail(fmt::format("an array of {}, expected {} (row groups) x any number of codewords up to {} x {} (rows)",
                          text_of(shape), groups.size(), kMostShapes, rows));
  }
  const std::string bytes = file.read(header.data_offset, shape[0] * shape[1] * shape[2]);
  Codebooks codebooks;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    codebooks.push_back(
        cut_codebook(file, bytes.data() + g * shape[1] * rows, shape[1], rows, groups[g].rows.size(), g));
  }
  return codebooks;
}

/// In blocks of one height.
RowShapes shapes_in_blocks(const MatrixShape& matrix, const std::vector<std::uint8_t>& mask, std::uint32_t block_rows) {
  RowShapes result;
  result.block_rows = static_cast<int>(block_rows);
  std::map<Rows, std::size_t> numbers;
  for (std::uint32_t output = 0; output < matrix.outputs; ++output) {
    for (std::uint32_t first = 0; first < matrix.rows_per_group; first += block_rows) {
      Rows kept;
      for (std::uint32_t row = 0; row < std::min(block_rows, matrix.rows_per_group - first); ++row) {
        if (mask[std::size_t{output} * matrix.rows_per_group + first + row] != 0) kept.push_back(row);
      }
      std::size_t number = numbers.size();
      if (!kept.empty()) number = numbers.try_emplace(kept, number).first->second;
      if (number == result.shapes.size() && !kept.empty()) result.shapes.push_back(kept);
      result.shape_of.push_back(static_cast<std::int16_t>(kept.empty() ? -1 : static_cast<int>(number)));
    }
  }
  if (result.shapes.empty()) result.shapes.push_back({0});  // nothing is kept anywhere, but there is always a shape
  return result;
}

/// Cells of the operation units that the shapes fill, and 16 bits of indices a row group.
std::size_t size_of(const MatrixShape& matrix, const RowShapes& shapes, int unit_rows) {
  constexpr std::size_t kIndexBits = 16;
  const auto height = static_cast<std::size_t>(unit_rows);
  const std::size_t blocks = shapes.shape_of.size() / matrix.outputs;
  const std::size_t outputs = matrix.outputs / matrix.groups;
  std::size_t size = 0;
  std::set<std::tuple<std::size_t, std::size_t, std::int16_t>> met;
  for (std::size_t i = 0; i < shapes.shape_of.size(); ++i) {
    const std::int16_t shape = shapes.shape_of[i];
    if (shape < 0) continue;
    const std::size_t units = (shapes.shapes[static_cast<std::size_t>(shape)].size() + height - 1) / height;
    size += units * height * 8;
    if (met.emplace(i / blocks / outputs, i % blocks, shape).second) size += units * kIndexBits;
  }
  return size;
}

}  // namespace

std::optional<RowShapes> shapes_of_mask(const MatrixShape& matrix, const std::vector<std::uint8_t>& mask,
                                        int unit_rows) {
  std::optional<RowShapes> best;
  std::size_t least = 0;
  for (int units = 1; units <= 3; ++units) {
    RowShapes shapes = shapes_in_blocks(matrix, mask, static_cast<std::uint32_t>(units * unit_rows));
    if (shapes.shapes.size() > kMostShapes) continue;
    const std::size_t size = size_of(matrix, shapes, unit_rows);
    if (best && size >= least) continue;
    least = size;
    best = std::move(shapes);
  }
  return best;
}

GivenStructures load_given_structures(const Graph& graph, const CompressionConfig& config, int unit_rows) {
  GivenStructures given;
  if (config.pattern_pruning && config.pattern_pruning->masks) {
    const LayerFolder folder(graph, "compression.pattern_pruning.masks", *config.pattern_pruning->masks);
    folder.each_file([&](InputFile& file, int node) {
      const MatrixShape matrix = matrix_shape(graph, node);
      const auto& convolution = std::get<FloatConvolution>(graph.nodes[static_cast<std::size_t>(node)].operation);
      given[node].shapes = shapes_of_mask(matrix, read_mask(file, matrix, convolution.window), unit_rows);
      if (!given[node].shapes) file.fail(fmt::format("more than {} sets of rows, expected fewer", kMostShapes));
    });
  }
  if (config.pattern_transform && config.pattern_transform->codebooks) {
    const PatternTransformConfig& transform = *config.pattern_transform;
    const LayerFolder folder(graph, "compression.pattern_transform.codebooks", *transform.codebooks);
    folder.each_file([&](InputFile& file, int node) {
      if (given.count(node) != 0) file.fail("there is a mask for the same layer; expected one of them");
      given[node].codebooks = read_codebooks(file, matrix_shape(graph, node), unit_rows);
      given[node].uses = {1.0, transform.signs, transform.scales};
    });
  }
  return given;
}

}  // namespace reprise
