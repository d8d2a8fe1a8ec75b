#pragma once

#include <cstddef>
#include <cstdint>

namespace reprise {

/// How unsigned by signed 8-bit matrices are multiplied; every way gives the same integers.
enum class ProductKernel {
  automatic,     ///< the fastest that is exact on this processor
  integer_gemm,  ///< oneDNN u8 x s8 -> s32; exact only where the processor has VNNI
  float_gemm,    ///< oneDNN float over blocks short enough that every sum is an integer below 2^24
  plain,         ///< loops
};

struct MatrixShape {
  std::size_t rows = 0;     ///< of a and c
  std::size_t inner = 0;    ///< columns of a, rows of b
  std::size_t columns = 0;  ///< of b and c
};

/// c = a * b, row-major with the given strides between rows. Sums must fit 32 bits.
void integer_product(const MatrixShape& shape, const std::uint8_t* a, std::size_t a_stride, const std::int8_t* b,
                     std::size_t b_stride, std::int32_t* c, std::size_t c_stride,
                     ProductKernel kernel = ProductKernel::automatic);

}  // namespace reprise
