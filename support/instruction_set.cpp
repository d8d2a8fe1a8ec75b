#include "support/instruction_set.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "support/error.h"

namespace reprise {
namespace {

InstructionSet of_processor() {
#if defined(__x86_64__)
  const bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512bitalg") &&
                      __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
  if (avx512) return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2")) return InstructionSet::avx2;
#endif
  return InstructionSet::portable;
}

InstructionSet allowed() {
  const char* const name = std::getenv("REPRISE_INSTRUCTION_SET");
  if (name == nullptr || std::string(name) == "avx512") return InstructionSet::avx512;
  if (std::string(name) == "avx2") return InstructionSet::avx2;
  if (std::string(name) == "portable") return InstructionSet::portable;
  throw InputError("environment variable REPRISE_INSTRUCTION_SET: '" + std::string(name) +
                   "', expected portable, avx2 or avx512");
}

}  // namespace

InstructionSet best_instruction_set() {
  static const InstructionSet best = std::min(of_processor(), allowed());
  return best;
}

}  // namespace reprise
