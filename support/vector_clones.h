#pragma once

/// In front of a function definition with loops that a compiler can turn into vector code: compiled for several
/// instruction sets, the best of which is chosen when the program starts. Results must not depend on it: files with
/// floating-point arithmetic in such functions are compiled with -ffp-contract=off. Not with clang: of version 14, clones
/// of functions that are local to a file clash with those of another file, and those of members cannot be linked.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define REPRISE_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define REPRISE_VECTOR_CLONES
#endif
