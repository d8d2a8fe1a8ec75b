#include "compression/datasets/labels.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>

#include "compression/datasets/array_file.h"
#include "compression/datasets/input_file.h"

namespace reprise {

namespace {

/// A little-endian integer; a negative one of fewer bits than 64 becomes too large as well.
std::uint64_t item_at(const std::string& bytes, std::uint64_t index, std::uint64_t item_bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + index * item_bytes, item_bytes);
  return value;
}

std::vector<int> read_array(InputFile& file, const ArrayHeader& header) {
  if (header.shape.size() != 1) file.fail(fmt::format("{} dimensions, expected labels in 1", header.shape.size()));
  const std::uint64_t count = header.shape[0];
  const std::string bytes = file.read(header.data_offset, count * header.item_bytes);
  const bool has_sign = header.type[1] == 'i';
  const std::uint64_t limit = has_sign ? (std::uint64_t{1} << (8 * header.item_bytes - 1)) - 1 : ~std::uint64_t{0};
  std::vector<int> labels;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t value = item_at(bytes, i, header.item_bytes);
    if (value > limit || value > std::uint64_t{std::numeric_limits<int>::max()}) {
      file.fail(fmt::format("label {} is negative or too large", i));
    }
    labels.push_back(static_cast<int>(value));
  }
  return labels;
}

std::vector<int> read_text(InputFile& file) {
  std::istringstream lines(file.read(0, file.size()));
  std::vector<int> labels;
  int blank = 0;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos) {
      ++blank;
      continue;
    }
    int label = -1;
    const char* end = line.data() + line.size();
    const auto [rest, error] = std::from_chars(line.data() + begin, end, label);
    const bool ends_there = rest == end || std::strchr(" \t\r,;", *rest) != nullptr;
    if (error != std::errc() || label < 0 || !ends_there || blank > 0) {
      file.fail(fmt::format("line {}: expected a label, an integer of at least 0", blank > 0 ? number - 1 : number));
    }
    labels.push_back(label);
  }
  return labels;
}

}  // namespace

std::vector<int> read_labels(const std::string& path) {
  InputFile file(path);
  if (is_npy(file)) {
    return read_array(file, read_npy_header(file, {"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8"}));
  }
  return is_idx(file) ? read_array(file, read_idx_header(file)) : read_text(file);
}

}  // namespace reprise
