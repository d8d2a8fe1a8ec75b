#include "compression/datasets/input_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "support/error.h"

namespace reprise {

namespace {

/// Everything in a gzipped file, or the fault.
std::pair<std::string, std::string> inflate_file(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) return {"", "cannot be read"};
  std::string bytes;
  std::array<char, 1 << 16> buffer{};
  int count = 0;
  while ((count = gzread(file.get(), buffer.data(), buffer.size())) > 0) {
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  int error = Z_OK;
  const char* message = gzerror(file.get(), &error);
  if (error != Z_OK) return {"", std::string("truncated or damaged gzip file: ") + message};
  if (gzdirect(file.get()) != 0) return {"", "not a gzip file, although its name ends in .gz"};
  return {std::move(bytes), ""};
}

bool is_gzip_name(const std::string& path) {
  return path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
}

}  // namespace

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  if (!std::filesystem::is_regular_file(path_)) {
    fail(std::filesystem::exists(path_) ? "is no regular file" : "no such file");
  }
  if (is_gzip_name(path_)) {
    auto [bytes, fault] = inflate_file(path_);
    if (!fault.empty()) fail(fault);
    size_ = bytes.size();
    in_ = std::make_unique<std::istringstream>(std::move(bytes));
  } else {
    size_ = std::filesystem::file_size(path_);
    in_ = std::make_unique<std::ifstream>(path_, std::ios::binary);
  }
  if (!*in_) fail("cannot be read");
}

std::string InputFile::read(std::uint64_t offset, std::uint64_t count) {
  if (count > size_ || offset > size_ - count) {
    fail(fmt::format("truncated: {} bytes, expected at least {}", size_, offset + count));
  }
  std::string bytes(count, '\0');
  in_->seekg(static_cast<std::streamoff>(offset));
  in_->read(bytes.data(), static_cast<std::streamsize>(count));
  if (!*in_) fail("cannot be read");
  return bytes;
}

void InputFile::fail(const std::string& fault) const {
  throw InputError(path_ + ": " + fault);
}

}  // namespace reprise
