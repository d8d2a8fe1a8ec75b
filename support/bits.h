#pragma once

#include <cstdint>

namespace reprise {

/// How many bits of a byte are 1: without branches, tables and instructions that not every processor has, so that loops
/// over it become vector code.
constexpr std::uint8_t ones_in(std::uint8_t byte) {
  const unsigned pairs = byte - ((byte >> 1U) & 0x55U);
  const unsigned nibbles = (pairs & 0x33U) + ((pairs >> 2U) & 0x33U);
  return static_cast<std::uint8_t>((nibbles + (nibbles >> 4U)) & 0x0FU);
}

}  // namespace reprise
