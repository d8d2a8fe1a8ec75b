#pragma once

namespace reprise {

/// What kernels in machine-specific code may use, each with all before it.
enum class InstructionSet {
  portable,  ///< what the program was compiled for
  avx2,
  avx512,  ///< with BITALG, VBMI and VNNI
};

/// The best that this processor has and the environment variable REPRISE_INSTRUCTION_SET (portable, avx2 or avx512)
/// allows. Results do not depend on it.
InstructionSet best_instruction_set();

}  // namespace reprise
