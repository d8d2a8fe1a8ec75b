#include "compression/passes/linear_algebra.h"

#include <dnnl.h>

#include <stdexcept>

#include "support/single_thread.h"

namespace reprise {

void add_product(const Matrix& a, const Matrix& b, Transposed b_transposed, Matrix& c) {
  const SingleThread single_thread;
  const bool is_transposed = b_transposed == Transposed::yes;
  if (a.size() == 0 || b.size() == 0) return;
  if (dnnl_sgemm('N', is_transposed ? 'T' : 'N', a.rows(), c.cols(), a.cols(), 1.0F, a.data(), a.cols(), b.data(),
                 b.cols(), 1.0F, c.data(), c.cols()) != dnnl_success) {
    throw std::runtime_error("a matrix product failed");
  }
}

}  // namespace reprise
