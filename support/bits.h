#pragma once

#include <cstdint>
#include <cstring>

namespace reprise {

/// How many bits of a byte are 1: without branches, tables and instructions that not every processor has, so that loops
/// over it become vector code.
constexpr std::uint8_t ones_in(std::uint8_t byte) {
  const unsigned pairs = byte - ((byte >> 1U) & 0x55U);
  const unsigned nibbles = (pairs & 0x33U) + ((pairs >> 2U) & 0x33U);
  return static_cast<std::uint8_t>((nibbles + (nibbles >> 4U)) & 0x0FU);
}

/// Byte b of the result is from[b].
inline std::uint64_t bytes_at(const std::uint8_t* from) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, from, sizeof bytes);
  return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(bytes) : bytes;
}

/// The number of ones of each of eight bytes, in its place.
constexpr std::uint64_t ones_in_bytes(std::uint64_t bytes) {
  constexpr std::uint64_t kPairs = 0x5555555555555555;
  constexpr std::uint64_t kNibbles = 0x3333333333333333;
  constexpr std::uint64_t kBytes = 0x0F0F0F0F0F0F0F0F;
  bytes -= (bytes >> 1U) & kPairs;
  bytes = (bytes & kNibbles) + ((bytes >> 2U) & kNibbles);
  return (bytes + (bytes >> 4U)) & kBytes;
}

/// The sum of eight bytes, less than 256.
constexpr std::uint64_t sum_of_bytes(std::uint64_t bytes) {
  return (bytes * 0x0101010101010101U) >> 56U;
}

/// Of a square of eight bytes of eight bits: byte b of the result holds bit b of each byte.
constexpr std::uint64_t transpose_bits(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAU;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCU;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0U;
  return x ^ t ^ (t << 28);
}

}  // namespace reprise
