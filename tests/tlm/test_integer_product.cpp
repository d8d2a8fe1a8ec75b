#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "tlm/integer_product.h"

using namespace reprise;

namespace {

std::vector<std::int32_t> product(const ProductShape& shape, const std::vector<std::uint8_t>& a,
                                  const std::vector<std::int8_t>& b, ProductKernel kernel) {
  std::vector<std::int32_t> c(shape.rows * shape.columns, -1);
  IntegerProduct(shape, {shape.inner, shape.columns}, b.data(), kernel).multiply(a.data(), c.data());
  return c;
}

std::vector<std::int32_t> by_definition(const ProductShape& shape, const std::vector<std::uint8_t>& a,
                                        const std::vector<std::int8_t>& b) {
  std::vector<std::int32_t> c(shape.rows * shape.columns);
  for (std::size_t i = 0; i < shape.rows; ++i) {
    for (std::size_t j = 0; j < shape.columns; ++j) {
      for (std::size_t k = 0; k < shape.inner; ++k) {
        c[i * shape.columns + j] += a[i * shape.inner + k] * b[k * shape.columns + j];
      }
    }
  }
  return c;
}

}  // namespace

TEST_CASE("every kernel gives the same integers") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const ProductShape shape{1 + random() % 40, 1 + random() % 1500, 1 + random() % 70};
    std::vector<std::uint8_t> a(shape.rows * shape.inner);
    std::vector<std::int8_t> b(shape.inner * shape.columns);
    // Every second round the extremes, where sums are largest: of all rows, or of one alone. Others with few uppermost
    // bits.
    for (auto& value : a) {
      const bool few = round % 4 == 2 || (round % 4 == 1 && random() % 20 != 0);
      value = static_cast<std::uint8_t>(round % 4 == 0 ? 255 : random() % (few ? 128 : 256));
    }
    if (round % 4 == 2) std::fill_n(a.begin(), shape.inner, std::uint8_t{255});
    const int extreme = round % 8 == 0 ? -128 : 127;
    for (auto& value : b) value = static_cast<std::int8_t>(round % 2 == 0 ? extreme : static_cast<int>(random() % 256));
    const std::vector<std::int32_t> expected = by_definition(shape, a, b);
    INFO("round " << round << ": " << shape.rows << " x " << shape.inner << " x " << shape.columns);
    REQUIRE(product(shape, a, b, ProductKernel::plain) == expected);
    REQUIRE(product(shape, a, b, ProductKernel::split_gemm) == expected);
    REQUIRE(product(shape, a, b, ProductKernel::automatic) == expected);
  }
}
