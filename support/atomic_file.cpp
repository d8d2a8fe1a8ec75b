#include "support/atomic_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "support/error.h"

namespace reprise {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::error_code& error) {
  throw InputError(path.string() + ": cannot be written: " + error.message());
}

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> number{0};
  std::filesystem::path temporary = path;
  temporary.replace_extension(".part" + std::to_string(getpid()) + '-' + std::to_string(number++));
  return temporary += path.extension();  // what writes the file may look at the extension
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)), temporary_(temporary_beside(path_)) {}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) fail(path_, error);
}

std::string file_content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  errno = 0;
  std::ofstream out(file.temporary(), std::ios::binary);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) fail(path, std::error_code(errno != 0 ? errno : EIO, std::generic_category()));
  file.commit();
}

}  // namespace reprise
