#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

namespace reprise {

/// The bytes of a file; where its name ends in .gz, those inside. Throws InputError, naming the file.
class InputFile {
 public:
  explicit InputFile(std::string path);

  std::uint64_t size() const { return size_; }
  std::string read(std::uint64_t offset, std::uint64_t count);
  [[noreturn]] void fail(const std::string& fault) const;

 private:
  std::string path_;
  std::unique_ptr<std::istream> in_;
  std::uint64_t size_ = 0;
};

}  // namespace reprise
