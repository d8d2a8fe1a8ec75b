#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace reprise {

/// An output file that appears whole or not at all: write to temporary(), in the same folder, then commit().
/// Without commit() the temporary file is removed and whatever stood at `path` stays.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  void commit();  ///< throws InputError where the file cannot be put in its place

 private:
  const std::filesystem::path path_;
  const std::filesystem::path temporary_;
};

/// The content of a file; nothing where it cannot be read.
std::string file_content(const std::filesystem::path& path);

/// Writes a whole file. Throws InputError where it cannot be written.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace reprise
