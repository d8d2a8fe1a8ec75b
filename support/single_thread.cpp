#include "support/single_thread.h"

// From GCC's OpenMP runtime, which Debian's oneDNN uses whatever compiler builds this; so no <omp.h>.
extern "C" {
int omp_get_max_threads();
void omp_set_num_threads(int count);
}

namespace reprise {

SingleThread::SingleThread() : before_(omp_get_max_threads()) {
  omp_set_num_threads(1);
}

SingleThread::~SingleThread() {
  omp_set_num_threads(before_);
}

}  // namespace reprise
