#include "support/huge_pages.h"

#include <cstdint>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace reprise {

void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
  // From 32 MiB on allocations have pages of their own. Less may lie in the heap, with what is used all the time, whose
  // pages had better stay as they are: under a hypervisor that watches them, huge ones were slower there.
  constexpr std::size_t kWorthwhile = std::size_t{32} << 20;
  if (bytes < kWorthwhile) return;
  // Advice is for whole pages.
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(memory) + page - 1) / page * page;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / page * page;
  madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);  // refused: as it was
#endif
}

}  // namespace reprise
