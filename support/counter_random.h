#pragma once

#include <cstdint>

/// Random numbers that depend on where they are used, not on what was drawn before: docs/machine.md, Converters.
namespace reprise {

constexpr std::uint64_t mix(std::uint64_t a) {
  a += 0x9E3779B97F4A7C15U;
  a = (a ^ (a >> 30)) * 0xBF58476D1CE4E5B9U;
  a = (a ^ (a >> 27)) * 0x94D049BB133111EBU;
  return a ^ (a >> 31);
}

/// Of activation key and number: 32 bits.
constexpr std::uint32_t fold(std::uint64_t key, std::uint32_t number) {
  std::uint32_t n = number * 0x9E3779B9U + static_cast<std::uint32_t>(key);
  n = ((n ^ (n >> 16)) * 0x85EBCA6BU) ^ static_cast<std::uint32_t>(key >> 32);
  n = (n ^ (n >> 13)) * 0xC2B2AE35U;
  return n ^ (n >> 16);
}

}  // namespace reprise
