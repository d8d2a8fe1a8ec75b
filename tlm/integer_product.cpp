#include "tlm/integer_product.h"

#include <algorithm>
#include <dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "support/bits.h"
#include "support/huge_pages.h"
#include "support/vector_clones.h"

namespace reprise {

class IntegerProduct::Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void multiply(const std::uint8_t* a, std::int32_t* c) const = 0;
};

namespace {

constexpr std::size_t kSmallProduct = 2048;  // below this many multiplications a library call costs more than it saves

/// sums[j] += x * b[j]
REPRISE_VECTOR_CLONES void add_multiples(std::int32_t x, const std::int8_t* b, std::size_t columns,
                                         std::int32_t* sums) {
  for (std::size_t j = 0; j < columns; ++j) sums[j] += x * b[j];
}

class PlainKernel : public IntegerProduct::Kernel {
 public:
  PlainKernel(const ProductShape& shape, const ProductStrides& strides, const std::int8_t* b)
      : shape_(shape), strides_(strides), b_(b, b + shape.inner * shape.columns) {}

  void multiply(const std::uint8_t* a, std::int32_t* c) const override {
    for (std::size_t i = 0; i < shape_.rows; ++i) {
      std::int32_t* const out = c + i * strides_.c;
      std::fill(out, out + shape_.columns, 0);
      for (std::size_t k = 0; k < shape_.inner; ++k) {
        const std::int32_t x = a[i * strides_.a + k];
        if (x != 0) add_multiples(x, &b_[k * shape_.columns], shape_.columns, out);
      }
    }
  }

 private:
  const ProductShape shape_;
  const ProductStrides strides_;
  const std::vector<std::int8_t> b_;
};

class IntegerKernel : public IntegerProduct::Kernel {
 public:
  IntegerKernel(const ProductShape& shape, const ProductStrides& strides, const std::int8_t* b)
      : engine_(dnnl::engine::kind::cpu, 0),
        stream_(engine_),
        a_(description(shape.rows, shape.inner, Type::u8, strides.a)),
        c_(description(shape.rows, shape.columns, Type::s32, strides.c)),
        primitive_(dnnl::matmul::desc(a_, any_order(shape), c_), engine_),
        product_(primitive_),
        b_(primitive_.weights_desc(), engine_),
        from_(a_, engine_, nullptr),
        to_(c_, engine_, nullptr),
        arguments_{{DNNL_ARG_SRC, from_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, to_}} {
    prefer_huge_pages(b_.get_data_handle(), primitive_.weights_desc().get_size());
    // The library does not write what it reads.
    dnnl::memory plain(description(shape.inner, shape.columns, Type::s8, shape.columns), engine_,
                       const_cast<std::int8_t*>(b));
    dnnl::reorder(plain, b_).execute(stream_, plain, b_);
    stream_.wait();
  }

  void multiply(const std::uint8_t* a, std::int32_t* c) const override {
    from_.set_data_handle(const_cast<std::uint8_t*>(a), stream_);
    to_.set_data_handle(c, stream_);
    product_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  using Type = dnnl::memory::data_type;

  static dnnl::memory::desc description(std::size_t rows, std::size_t columns, Type type, std::size_t stride) {
    return {{static_cast<dnnl_dim_t>(rows), static_cast<dnnl_dim_t>(columns)},
            type,
            dnnl::memory::dims{static_cast<dnnl_dim_t>(stride), 1}};
  }

  static dnnl::memory::desc any_order(const ProductShape& shape) {
    return {{static_cast<dnnl_dim_t>(shape.inner), static_cast<dnnl_dim_t>(shape.columns)},
            Type::s8,
            dnnl::memory::format_tag::any};
  }

  const dnnl::engine engine_;
  // Handles; nothing of the kernel changes. To make them anew for each product costs as much as a small one.
  mutable dnnl::stream stream_;
  const dnnl::memory::desc a_;
  const dnnl::memory::desc c_;
  const dnnl::matmul::primitive_desc primitive_;
  const dnnl::matmul product_;
  dnnl::memory b_;
  mutable dnnl::memory from_;
  mutable dnnl::memory to_;
  const std::unordered_map<int, dnnl::memory> arguments_;
};

constexpr int kUppermost = 128;

/// Returns how many uppermost bits there were.
REPRISE_VECTOR_CLONES std::size_t take_lower_bits(const std::uint8_t* from, std::size_t count, std::uint8_t* to) {
  std::size_t uppermost = 0;
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = from[i] % kUppermost;
    uppermost += from[i] / kUppermost;
  }
  return uppermost;
}

REPRISE_VECTOR_CLONES void take_uppermost_bit(const std::uint8_t* from, std::size_t count, std::uint8_t* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = from[i] / kUppermost;
}

REPRISE_VECTOR_CLONES void add_bytes(const std::int8_t* from, std::size_t count, std::int16_t* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<std::int16_t>(to[i] + from[i]);
}

REPRISE_VECTOR_CLONES void add_uppermost(const std::int16_t* from, std::size_t count, std::int32_t* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += kUppermost * from[i];
}

REPRISE_VECTOR_CLONES void add_uppermost(const std::int32_t* from, std::size_t count, std::int32_t* to) {
  for (std::size_t i = 0; i < count; ++i) to[i] += kUppermost * from[i];
}

/// Without VNNI the library adds pairs of products in 16 bits, which saturate; they hold any two of 7 by 8 bits. So it
/// multiplies the lower bits of a, and uppermost ones, few in most networks, are added one by one.
class SplitKernel : public IntegerProduct::Kernel {
 public:
  SplitKernel(const ProductShape& shape, const ProductStrides& strides, const std::int8_t* b)
      : shape_(shape),
        strides_(strides),
        b_(b, b + shape.inner * shape.columns),
        product_(shape, {shape.inner, strides.c}, b),
        bits_(shape.rows * shape.inner),
        sums_(shape.rows * strides.c),
        sums_of_row_(shape.columns) {}

  void multiply(const std::uint8_t* a, std::int32_t* c) const override {
    std::size_t uppermost = 0;
    for (std::size_t i = 0; i < shape_.rows; ++i) {
      uppermost += take_lower_bits(a + i * strides_.a, shape_.inner, &bits_[i * shape_.inner]);
    }
    product_.multiply(bits_.data(), c);
    if (kFew * uppermost > bits_.size()) return add_product(a, c);
    for (std::size_t i = 0; i < shape_.rows; ++i) add_each(a + i * strides_.a, c + i * strides_.c);
  }

 private:
  static constexpr std::size_t kFew = 8;  // where it is one of so many, to multiply them takes less time

  void add_product(const std::uint8_t* a, std::int32_t* c) const {
    for (std::size_t i = 0; i < shape_.rows; ++i) {
      take_uppermost_bit(a + i * strides_.a, shape_.inner, &bits_[i * shape_.inner]);
    }
    product_.multiply(bits_.data(), sums_.data());
    for (std::size_t i = 0; i < shape_.rows; ++i) {
      add_uppermost(&sums_[i * strides_.c], shape_.columns, c + i * strides_.c);
    }
  }

  /// Of a row of a.
  void add_each(const std::uint8_t* row, std::int32_t* c) const {
    constexpr std::size_t kMost = 255;  // 255 * 128 fits 16 bits
    std::size_t added = 0;
    for_uppermost(row, [&](std::size_t k) {
      add_bytes(&b_[k * shape_.columns], shape_.columns, sums_of_row_.data());
      if (++added % kMost == 0) end_row(c);
    });
    if (added % kMost != 0) end_row(c);
  }

  void end_row(std::int32_t* c) const {
    add_uppermost(sums_of_row_.data(), shape_.columns, c);
    std::fill(sums_of_row_.begin(), sums_of_row_.end(), std::int16_t{0});
  }

  template <class Use>
  void for_uppermost(const std::uint8_t* row, Use use) const {
    constexpr std::uint64_t kUppermostOfBytes = 0x8080808080808080;
    std::size_t k = 0;
    for (; k + sizeof(std::uint64_t) <= shape_.inner; k += sizeof(std::uint64_t)) {
      std::uint64_t bits = bytes_at(row + k) & kUppermostOfBytes;
      for (; bits != 0; bits &= bits - 1) use(k + static_cast<unsigned>(__builtin_ctzll(bits)) / 8);
    }
    for (; k < shape_.inner; ++k) {
      if (row[k] >= kUppermost) use(k);
    }
  }

  const ProductShape shape_;
  const ProductStrides strides_;
  const std::vector<std::int8_t> b_;
  const IntegerKernel product_;
  // Scratch: to make them for each product costs as much as a small one.
  mutable std::vector<std::uint8_t> bits_;
  mutable std::vector<std::int32_t> sums_;
  mutable std::vector<std::int16_t> sums_of_row_;
};

ProductKernel choose(const ProductShape& shape) {
  // Asked of the library, which may be told to use less than the processor has (ONEDNN_MAX_CPU_ISA).
  static const bool vnni =
      (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & static_cast<unsigned>(dnnl::cpu_isa::avx512_core_vnni)) ==
      static_cast<unsigned>(dnnl::cpu_isa::avx512_core_vnni);
  if (shape.rows * shape.inner * shape.columns < kSmallProduct) return ProductKernel::plain;
  // Of one row each weight is used once, and not at all where the input is zero.
  if (!vnni && shape.rows == 1) return ProductKernel::plain;
  return vnni ? ProductKernel::integer_gemm : ProductKernel::split_gemm;
}

std::unique_ptr<const IntegerProduct::Kernel> make_kernel(const ProductShape& shape, const ProductStrides& strides,
                                                          const std::int8_t* b, ProductKernel kernel) {
  if (kernel == ProductKernel::automatic) kernel = choose(shape);
  switch (kernel) {
    case ProductKernel::integer_gemm:
      return std::make_unique<IntegerKernel>(shape, strides, b);
    case ProductKernel::split_gemm:
      return std::make_unique<SplitKernel>(shape, strides, b);
    default:
      return std::make_unique<PlainKernel>(shape, strides, b);
  }
}

}  // namespace

IntegerProduct::IntegerProduct(const ProductShape& shape, const ProductStrides& strides, const std::int8_t* b,
                               ProductKernel kernel)
    : kernel_(make_kernel(shape, strides, b, kernel)) {}
IntegerProduct::IntegerProduct(IntegerProduct&&) noexcept = default;
IntegerProduct::~IntegerProduct() = default;

void IntegerProduct::multiply(const std::uint8_t* a, std::int32_t* c) const {
  kernel_->multiply(a, c);
}

}  // namespace reprise
