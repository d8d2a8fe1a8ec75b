#include "tlm/integer_product.h"

#include <dnnl.h>

#include <algorithm>
#include <vector>

namespace reprise {
namespace {

constexpr std::size_t kExactFloatBlock = 512;  // 512 * 255 * 128 < 2^24
constexpr std::size_t kSmallProduct = 2048;  // below this many multiplications a library call costs more than it saves

void plain_product(const MatrixShape& shape, const std::uint8_t* a, std::size_t a_stride, const std::int8_t* b,
                   std::size_t b_stride, std::int32_t* c, std::size_t c_stride) {
  for (std::size_t i = 0; i < shape.rows; ++i) {
    std::int32_t* out = c + i * c_stride;
    std::fill(out, out + shape.columns, 0);
    for (std::size_t k = 0; k < shape.inner; ++k) {
      const std::int32_t x = a[i * a_stride + k];
      if (x == 0) continue;
      for (std::size_t j = 0; j < shape.columns; ++j) out[j] += x * b[k * b_stride + j];
    }
  }
}

void integer_gemm(const MatrixShape& shape, const std::uint8_t* a, std::size_t a_stride, const std::int8_t* b,
                  std::size_t b_stride, std::int32_t* c, std::size_t c_stride) {
  const std::int32_t no_offset = 0;
  dnnl_gemm_u8s8s32('N', 'N', 'F', static_cast<dnnl_dim_t>(shape.rows), static_cast<dnnl_dim_t>(shape.columns),
                    static_cast<dnnl_dim_t>(shape.inner), 1.0F, a, static_cast<dnnl_dim_t>(a_stride), 0, b,
                    static_cast<dnnl_dim_t>(b_stride), 0, 0.0F, c, static_cast<dnnl_dim_t>(c_stride), &no_offset);
}

void float_gemm(const MatrixShape& shape, const std::uint8_t* a, std::size_t a_stride, const std::int8_t* b,
                std::size_t b_stride, std::int32_t* c, std::size_t c_stride) {
  std::vector<float> left(shape.rows * kExactFloatBlock);
  std::vector<float> right(kExactFloatBlock * shape.columns);
  std::vector<float> sums(shape.rows * shape.columns);
  for (std::size_t i = 0; i < shape.rows; ++i) std::fill_n(c + i * c_stride, shape.columns, 0);
  for (std::size_t start = 0; start < shape.inner; start += kExactFloatBlock) {
    const std::size_t block = std::min(kExactFloatBlock, shape.inner - start);
    for (std::size_t i = 0; i < shape.rows; ++i) {
      std::copy_n(a + i * a_stride + start, block, left.begin() + static_cast<std::ptrdiff_t>(i * block));
    }
    for (std::size_t k = 0; k < block; ++k) {
      std::copy_n(b + (start + k) * b_stride, shape.columns,
                  right.begin() + static_cast<std::ptrdiff_t>(k * shape.columns));
    }
    const auto columns = static_cast<dnnl_dim_t>(shape.columns);
    dnnl_sgemm('N', 'N', static_cast<dnnl_dim_t>(shape.rows), columns, static_cast<dnnl_dim_t>(block), 1.0F,
               left.data(), static_cast<dnnl_dim_t>(block), right.data(), columns, 0.0F, sums.data(), columns);
    for (std::size_t i = 0; i < shape.rows; ++i) {
      for (std::size_t j = 0; j < shape.columns; ++j) {
        c[i * c_stride + j] += static_cast<std::int32_t>(sums[i * shape.columns + j]);
      }
    }
  }
}

ProductKernel choose(const MatrixShape& shape) {
  // Without VNNI the library adds pairs of products in saturating 16 bits.
  static const bool vnni = __builtin_cpu_supports("avx512vnni") != 0;
  if (shape.rows * shape.inner * shape.columns < kSmallProduct) return ProductKernel::plain;
  return vnni ? ProductKernel::integer_gemm : ProductKernel::float_gemm;
}

}  // namespace

void integer_product(const MatrixShape& shape, const std::uint8_t* a, std::size_t a_stride, const std::int8_t* b,
                     std::size_t b_stride, std::int32_t* c, std::size_t c_stride, ProductKernel kernel) {
  if (kernel == ProductKernel::automatic) kernel = choose(shape);
  switch (kernel) {
    case ProductKernel::integer_gemm:
      return integer_gemm(shape, a, a_stride, b, b_stride, c, c_stride);
    case ProductKernel::float_gemm:
      return float_gemm(shape, a, a_stride, b, b_stride, c, c_stride);
    default:
      return plain_product(shape, a, a_stride, b, b_stride, c, c_stride);
  }
}

}  // namespace reprise
