#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace reprise {

/// A value change dump: IEEE 1364, section 18. Times are picoseconds and ascend.
class VcdFile {
 public:
  /// @throws InputError when the file does not end in .vcd or cannot be written
  explicit VcdFile(const std::filesystem::path& file);

  /// Before the first moment. Dots in the name separate scopes; all lie in the scope `accelerator`.
  /// @param width  1..64 bits
  /// @return a number: 0, 1, ...
  std::size_t add(const std::string& name, int width);
  /// What follows happens at `time`. All signals are 0 before the first moment.
  void moment(std::uint64_t time);
  void change(std::size_t signal, std::uint64_t value);
  /// @throws InputError when not all could be written
  void close();

 private:
  struct Signal {
    std::string name;
    int width;
  };
  /// The shortest text for the signal of that number.
  static std::string code(std::size_t signal);
  void write_header();
  void write_scopes();
  void write_value(std::size_t signal, std::uint64_t value);

  const std::filesystem::path path_;
  std::ofstream out_;
  std::vector<Signal> signals_;
  bool begun_ = false;
};

}  // namespace reprise
