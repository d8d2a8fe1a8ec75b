#include "compression/datasets/array_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <utility>

namespace reprise {

namespace {

constexpr const char* kNpyMagic = "\x93NUMPY";
constexpr std::uint64_t kNpyMagicBytes = 6;
constexpr std::uint64_t kLongestDescription = 4096;
constexpr std::uint64_t kMostIdxDimensions = 4;

std::uint64_t byte_of(const std::string& bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

void check_shape(const InputFile& file, const ArrayHeader& header) {
  std::uint64_t bytes = header.item_bytes;
  for (const std::uint64_t extent : header.shape) {
    if (extent == 0) file.fail("holds no items: a dimension is 0");
    if (extent > file.size() / bytes) file.fail(fmt::format("truncated: {} bytes, its header says more", file.size()));
    bytes *= extent;
  }
  const std::uint64_t expected = header.data_offset + bytes;
  if (file.size() != expected) {
    file.fail(fmt::format("{}{} bytes, its header says {}", file.size() < expected ? "truncated: " : "", file.size(),
                          expected));
  }
}

std::string first_match(const InputFile& file, const std::string& text, const char* key, const char* value) {
  std::smatch match;
  if (!std::regex_search(text, match, std::regex(fmt::format("['\"]{}['\"]\\s*:\\s*{}", key, value)))) {
    file.fail(fmt::format("bad NPY header: no valid '{}'", key));
  }
  return match[1];
}

/// The Python dictionary at the beginning of an NPY file, and where it ends.
std::pair<std::string, std::uint64_t> read_description(InputFile& file) {
  const std::uint64_t version = byte_of(file.read(kNpyMagicBytes, 2), 0);
  if (version < 1 || version > 3) file.fail(fmt::format("NPY version {}, expected 1 to 3", version));
  const std::uint64_t length_bytes = version == 1 ? 2 : 4;
  const std::string digits = file.read(kNpyMagicBytes + 2, length_bytes);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) length |= byte_of(digits, i) << (8 * i);
  if (length > kLongestDescription) file.fail(fmt::format("bad NPY header: {} bytes long", length));
  const std::uint64_t begin = kNpyMagicBytes + 2 + length_bytes;
  return {file.read(begin, length), begin + length};
}

}  // namespace

bool is_idx(InputFile& file) {
  return file.size() >= 4 && file.read(0, 2) == std::string(2, '\0');
}

bool is_npy(InputFile& file) {
  return file.size() >= kNpyMagicBytes && file.read(0, kNpyMagicBytes) == kNpyMagic;
}

ArrayHeader read_idx_header(InputFile& file) {
  if (!is_idx(file)) file.fail("not an IDX file: wrong magic number");
  const std::string magic = file.read(0, 4);
  const std::uint64_t dimensions = byte_of(magic, 3);
  if (magic[2] != 8 || dimensions < 1 || dimensions > kMostIdxDimensions) {
    file.fail(fmt::format("IDX type 0x{:02x} in {} dimensions, expected unsigned bytes (0x08) in 1 to {}",
                          byte_of(magic, 2), dimensions, kMostIdxDimensions));
  }
  ArrayHeader header{"|u1", 1, {}, 4 + 4 * dimensions};
  const std::string extents = file.read(4, 4 * dimensions);
  for (std::size_t i = 0; i < extents.size(); i += 4) {
    header.shape.push_back(byte_of(extents, i) << 24 | byte_of(extents, i + 1) << 16 | byte_of(extents, i + 2) << 8 |
                           byte_of(extents, i + 3));
  }
  check_shape(file, header);
  return header;
}

ArrayHeader read_npy_header(InputFile& file, const std::vector<std::string>& types) {
  if (!is_npy(file)) file.fail("not an NPY file: wrong magic number");
  const auto [text, data_offset] = read_description(file);
  ArrayHeader header;
  header.data_offset = data_offset;
  header.type = first_match(file, text, "descr", "['\"]([^'\"]*)['\"]");
  if (std::find(types.begin(), types.end(), header.type) == types.end()) {
    file.fail(fmt::format("NPY type {}, expected one of {}", header.type, fmt::join(types, ", ")));
  }
  header.item_bytes = static_cast<std::uint64_t>(header.type.back() - '0');
  if (first_match(file, text, "fortran_order", "(True|False)") == "True") file.fail("Fortran order, expected C order");

  const std::string shape = first_match(file, text, "shape", "\\(([0-9, ]*)\\)");
  const std::regex number("[0-9]{1,18}");
  for (std::sregex_iterator it(shape.begin(), shape.end(), number), end; it != end; ++it) {
    header.shape.push_back(std::stoull(it->str()));
  }
  if (header.shape.empty()) file.fail("a single number, expected an array");
  check_shape(file, header);
  return header;
}

}  // namespace reprise
