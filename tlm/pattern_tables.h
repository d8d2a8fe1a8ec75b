#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "tlm/conversion_kernel.h"
#include "tlm/converter.h"
#include "tlm/pattern_functions.h"
#include "tlm/slot_digits.h"

namespace reprise {

/// What distinguishes the columns of a slot from those of others, so that blocks hold slots of one kind.
struct SlotKind {
  unsigned columns = 0;
  bool is_signed = false;
  std::vector<std::int64_t> offsets;  ///< of the columns' converters; empty: none has an offset

  friend bool operator<(const SlotKind& a, const SlotKind& b) {
    if (a.columns != b.columns) return a.columns < b.columns;
    if (a.is_signed != b.is_signed) return b.is_signed;
    return a.offsets < b.offsets;
  }
};

/// Tables of all kinds of slots of a layer.
struct PatternTables {
  std::vector<OutcomeTable> outcomes;  ///< by number of the kind
  std::vector<NoisyTable> noisy;       ///< the same; empty where there is no noise
  /// The same: what is added, digit by digit. Empty, all of it, where outcomes are to be used.
  std::vector<std::vector<SumDigit>> digits;
  TableLimits limits;
  /// Outcomes are what codes add to exact sums, which is nothing below `least_sum`; else they are what codes stand for.
  bool corrects = false;
  unsigned least_sum = 0;
  std::vector<bool> exact;  ///< by number of the kind: nothing is added
};

/// Nothing where such tables cannot hold what the converters do.
/// @param kinds        ascending; a kind's number is its place
/// @param largest_sum  of a bitline
/// @param rows         of a row group, at most
std::optional<PatternTables> make_pattern_tables(const std::vector<SlotKind>& kinds, const Converter& converter,
                                                 const ConversionNoise* noise, unsigned largest_sum, unsigned rows);

}  // namespace reprise
