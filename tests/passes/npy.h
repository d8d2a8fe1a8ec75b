#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::test {

/// The content of an NPY file, version 1; `type` as in NumPy, such as |u1.
inline std::string npy(const std::string& type, const std::vector<std::uint64_t>& shape, const std::string& bytes) {
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
  for (const std::uint64_t extent : shape) header += std::to_string(extent) + ", ";
  header += "), }\n";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size() % 256) +
         static_cast<char>(header.size() / 256) + header + bytes;
}

}  // namespace reprise::test
