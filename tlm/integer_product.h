#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace reprise {

/// How unsigned by signed 8-bit matrices are multiplied; every way gives the same integers.
enum class ProductKernel {
  automatic,     ///< the fastest that is exact on this processor
  integer_gemm,  ///< oneDNN u8 x s8 -> s32; exact only where the processor has VNNI
  split_gemm,    ///< the same of the lower seven bits, exact everywhere; the uppermost is added where it is 1
  plain,         ///< loops
};

struct ProductShape {
  std::size_t rows = 0;     ///< of a and c
  std::size_t inner = 0;    ///< columns of a, rows of b
  std::size_t columns = 0;  ///< of b and c
};

/// Elements from one row to the next.
struct ProductStrides {
  std::size_t a = 0;
  std::size_t c = 0;
};

/// c = a * b, row-major, with one b for many a: b is brought into the kernel's own order once. Sums must fit 32 bits.
class IntegerProduct {
 public:
  /// @param b  [inner][columns]; not needed any more afterwards
  IntegerProduct(const ProductShape& shape, const ProductStrides& strides, const std::int8_t* b,
                 ProductKernel kernel = ProductKernel::automatic);
  IntegerProduct(IntegerProduct&&) noexcept;
  ~IntegerProduct();

  void multiply(const std::uint8_t* a, std::int32_t* c) const;

  class Kernel;

 private:
  std::unique_ptr<const Kernel> kernel_;
};

}  // namespace reprise
