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

constexpr std::uint32_t kFoldStep = 0x9E3779B9U;

/// Of activation key and number, which is given times kFoldStep: 32 bits.
constexpr std::uint32_t fold_product(std::uint64_t key, std::uint32_t product) {
  std::uint32_t n = product + static_cast<std::uint32_t>(key);
  n = (n ^ (n >> 16)) * (static_cast<std::uint32_t>(key >> 32) | 1U);
  return n ^ (n >> 16);
}

/// The same of the number itself.
constexpr std::uint32_t fold(std::uint64_t key, std::uint32_t number) {
  return fold_product(key, number * kFoldStep);
}

}  // namespace reprise
