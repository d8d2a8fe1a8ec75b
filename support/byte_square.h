#pragma once

#include <cstddef>
#include <cstdint>

namespace reprise {

/// 16 by 16 bytes that can be transposed. One vector a row: loops over arrays became worse code.
struct ByteSquare {
  static constexpr std::size_t kSide = 16;
  using Row = std::uint8_t __attribute__((vector_size(kSide)));

  Row rows[kSide] = {};

  /// Four times, as cards are shuffled: rows of the upper half between those of the lower.
  void transpose() {
    for (int i = 0; i < 4; ++i) shuffle();
  }

 private:
  void shuffle() {
    constexpr std::size_t kHalf = kSide / 2;
    Row shuffled[kSide];
    for (std::size_t i = 0; i < kHalf; ++i) {
      const Row& low = rows[i];
      const Row& high = rows[i + kHalf];
      shuffled[2 * i] = __builtin_shufflevector(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      shuffled[2 * i + 1] =
          __builtin_shufflevector(low, high, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    for (std::size_t i = 0; i < kSide; ++i) rows[i] = shuffled[i];
  }
};

}  // namespace reprise
