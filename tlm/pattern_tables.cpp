#include "tlm/pattern_tables.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace reprise {
namespace {

constexpr unsigned kMostColumns = 8;
constexpr unsigned kColumnOutcomes = 16;  ///< of each column, where columns differ
constexpr std::size_t kDraws = 65536;
constexpr int kMostCorrected = 127;          ///< outcomes and the bias then fit sums of 16 bits
constexpr std::size_t kWorthwhileShare = 8;  ///< one of so many kinds is exact

using Outcomes = std::vector<std::uint32_t>;  ///< by sum

bool columns_differ(const SlotKind& kind) {
  return std::any_of(kind.offsets.begin(), kind.offsets.end(), [&](auto offset) { return offset != kind.offsets[0]; });
}

std::int64_t offset_of(const SlotKind& kind, unsigned column) {
  return kind.offsets.empty() ? 0 : kind.offsets[column];
}

int factor(const SlotKind& kind, unsigned column) {
  const int weight = 1 << column;
  return kind.is_signed && column + 1 == kind.columns ? -weight : weight;
}

void set_factors(const SlotKind& kind, OutcomeTable& table) {
  for (std::size_t slot = 0; slot < kBlockSlots; ++slot) {
    for (unsigned column = 0; column < kind.columns; ++column) {
      const int weight = factor(kind, column);
      table.factors[column / 4][4 * slot + place_of(column)] = static_cast<std::int8_t>(weight);
      table.pair_factors[column / 2][2 * slot + column % 2] = static_cast<std::int16_t>(weight);
    }
  }
}

/// Of a column, for sums from 0 on: what the codes stand for.
Outcomes values_of(const Converter& converter, std::int64_t offset, unsigned largest_sum) {
  Outcomes outcomes;
  for (std::uint32_t sum = 0; sum <= largest_sum; ++sum) outcomes.push_back(converter.value(sum, offset));
  return outcomes;
}

/// Of all columns of all kinds.
template <class Use>
void for_columns(const std::vector<SlotKind>& kinds, const Converter& converter, unsigned largest_sum, Use use) {
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const bool differ = columns_differ(kinds[k]);
    for (unsigned column = 0; column < (differ ? kinds[k].columns : 1U); ++column) {
      use(k, column, differ, values_of(converter, offset_of(kinds[k], column), largest_sum));
    }
  }
}

/// What codes add to exact sums.
struct Additions {
  std::vector<int> least;  ///< by kind
  std::vector<int> most;
  unsigned least_sum = 0;  ///< to which anything is added

  bool exact(std::size_t kind) const { return least[kind] == 0 && most[kind] == 0; }
};

Additions additions_of(const std::vector<SlotKind>& kinds, const Converter& converter, unsigned largest_sum) {
  Additions additions{std::vector<int>(kinds.size(), std::numeric_limits<int>::max()),
                      std::vector<int>(kinds.size(), std::numeric_limits<int>::min()), largest_sum + 1};
  for_columns(kinds, converter, largest_sum, [&](std::size_t k, unsigned, bool, const Outcomes& values) {
    for (unsigned sum = 0; sum <= largest_sum; ++sum) {
      const auto added = static_cast<int>(std::int64_t{values[sum]} - sum);
      additions.least[k] = std::min(additions.least[k], added);
      additions.most[k] = std::max(additions.most[k], added);
      if (added != 0) additions.least_sum = std::min(additions.least_sum, sum);
    }
  });
  return additions;
}

/// Exact products cost about as much as the patterns of few rows, which then need not be looked at, nor do kinds to
/// which nothing is added.
bool are_worth_correcting(const Additions& additions, unsigned largest_sum) {
  std::size_t exact = 0;
  for (std::size_t k = 0; k < additions.least.size(); ++k) {
    if (additions.most[k] - additions.least[k] > kMostCorrected) return false;
    exact += additions.exact(k) ? 1 : 0;
  }
  return 3 * additions.least_sum > largest_sum || kWorthwhileShare * exact >= additions.least.size();
}

int sum_of_factors(const SlotKind& kind) {
  int sum = 0;
  for (unsigned column = 0; column < kind.columns; ++column) sum += factor(kind, column);
  return sum;
}

/// Binary digits that hold all from `least` to `most`, with a sign where one is negative.
unsigned digits_between(int least, int most) {
  const int range = least < 0 ? std::max(-least - 1, most) : most;
  unsigned digits = least < 0 ? 1 : 0;
  for (int rest = range; rest > 0; rest >>= 1) ++digits;
  return digits;
}

/// Where there are few digits, and sums to which nothing is added do not make up most of the patterns.
bool are_worth_digits(const Additions& additions, unsigned largest_sum, unsigned rows) {
  constexpr unsigned kMostDigits = 2;
  if (rows > kDigitRows || 3 * additions.least_sum > 2 * largest_sum) return false;
  for (std::size_t k = 0; k < additions.least.size(); ++k) {
    if (digits_between(additions.least[k], additions.most[k]) > kMostDigits) return false;
  }
  return true;
}

/// The columns' bits of a digit; the last column of a signed slot stands for all that follow, others are 0.
std::uint8_t digit_columns(const SlotKind& kind, const std::vector<Outcomes>& values, unsigned sum, unsigned digit) {
  unsigned bits = 0;
  for (unsigned column = 0; column < kMostColumns; ++column) {
    if (column >= kind.columns && !kind.is_signed) break;
    const Outcomes& of_column = values[std::min<std::size_t>({column, kind.columns - 1, values.size() - 1})];
    bits |= (of_column[sum] - sum) >> digit << column & 1U << column;
  }
  return static_cast<std::uint8_t>(bits);
}

std::vector<SumDigit> digits_of(const SlotKind& kind, const std::vector<Outcomes>& values, int least, int most) {
  std::vector<SumDigit> digits(digits_between(least, most));
  for (unsigned d = 0; d < digits.size(); ++d) {
    const bool is_sign = least < 0 && d + 1 == digits.size();
    digits[d].factor = static_cast<std::int16_t>(is_sign ? -(1 << d) : 1 << d);
    for (unsigned sum = 0; sum < values[0].size(); ++sum) digits[d].columns[sum] = digit_columns(kind, values, sum, d);
  }
  return digits;
}

void set_digits(const std::vector<SlotKind>& kinds, const Converter& converter, unsigned largest_sum,
                const Additions& additions, PatternTables& tables) {
  std::vector<std::vector<Outcomes>> values(kinds.size());
  for_columns(kinds, converter, largest_sum,
              [&](std::size_t k, unsigned, bool, const Outcomes& of_column) { values[k].push_back(of_column); });
  tables.corrects = true;
  tables.least_sum = std::min(additions.least_sum, 1U);
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    tables.exact.push_back(additions.exact(k));
    tables.digits.push_back(digits_of(kinds[k], values[k], additions.least[k], additions.most[k]));
  }
}

/// Outcomes are added to the least of all, which the bias stands for.
void set_corrections(const std::vector<SlotKind>& kinds, const Additions& additions, PatternTables& tables) {
  tables.corrects = true;
  tables.least_sum = additions.least_sum;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    tables.exact.push_back(additions.exact(k));
    tables.outcomes[k].bias = static_cast<std::int16_t>(additions.least[k] * sum_of_factors(kinds[k]));
  }
}

/// False where they do not fit.
bool set_outcomes(const std::vector<SlotKind>& kinds, const Converter& converter, unsigned largest_sum,
                  const Additions& additions, PatternTables& tables) {
  bool fits = true;
  for_columns(kinds, converter, largest_sum, [&](std::size_t k, unsigned column, bool differ, const Outcomes& values) {
    OutcomeTable& table = tables.outcomes[k];
    const unsigned first = differ ? column * kColumnOutcomes : 0;
    if (differ && largest_sum >= kColumnOutcomes) fits = false;
    if (differ) tables.limits.columns_alike = false;
    for (unsigned sum = 0; fits && sum <= largest_sum; ++sum) {
      const std::uint32_t exact = tables.corrects ? sum + static_cast<std::uint32_t>(additions.least[k]) : 0;
      const std::uint32_t outcome = values[sum] - exact;
      fits = outcome <= std::numeric_limits<std::uint8_t>::max();
      table.outcomes[first + sum] = static_cast<std::uint8_t>(outcome);
      tables.limits.largest_index = std::max(tables.limits.largest_index, first + sum);
      tables.limits.largest_outcome = std::max(tables.limits.largest_outcome, outcome);
    }
    for (std::size_t slot = 0; differ && slot < kBlockSlots; ++slot) {
      table.first[column / 4][4 * slot + place_of(column)] = static_cast<std::uint8_t>(first);
    }
  });
  return fits;
}

/// What the columns of pairs of places add to their slot.
void set_pairs(OutcomeTable& table) {
  for (std::size_t pair = 0; pair < 4; ++pair) {
    const std::size_t half = pair / 2;
    const std::size_t place = pair % 2 * 2;
    for (std::size_t sums = 0; sums < 256; ++sums) {
      const int first = table.outcomes[table.first[half][place] + sums % 16];
      const int second = table.outcomes[table.first[half][place + 1] + sums / 16];
      const int bias = pair == 0 ? table.bias : 0;
      table.pair_outcomes[pair][sums] = static_cast<std::int16_t>(bias + first * table.factors[half][place] +
                                                                  second * table.factors[half][place + 1]);
    }
  }
}

/// What all columns of a slot, or their negative ones, add up to at most.
unsigned largest_slot_sum(const SlotKind& kind, const OutcomeTable& table, unsigned largest_outcome) {
  unsigned added = 0;
  unsigned subtracted = 0;
  for (unsigned column = 0; column < kind.columns; ++column) {
    const int weight = factor(kind, column);
    (weight < 0 ? subtracted : added) += static_cast<unsigned>(std::abs(weight));
  }
  return std::max(added, subtracted) * largest_outcome + static_cast<unsigned>(std::abs(int{table.bias}));
}

/// What follows from outcomes, for kernels that look up more at once.
void set_derived(const std::vector<SlotKind>& kinds, PatternTables& tables) {
  TableLimits& limits = tables.limits;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    OutcomeTable& table = tables.outcomes[k];
    set_pairs(table);
    limits.largest_slot_sum =
        std::max(limits.largest_slot_sum, largest_slot_sum(kinds[k], table, limits.largest_outcome));
  }
}

/// The draws from which on the value of a sum is another one, for converters whose values do not fall.
class Steps {
 public:
  Steps(const Converter& converter, const ConversionNoise& noise, std::int64_t offset, std::uint32_t sum)
      : converter_(converter), noise_(noise), offset_(offset), sum_(sum) {}

  std::uint32_t value(std::size_t draw) const { return converter_.value(sum_, offset_ + noise_.amounts()[draw]); }

  /// Adds those of (low, high].
  void find(std::size_t low, std::size_t high, std::vector<std::size_t>& draws) const {
    if (value(low) == value(high)) return;
    if (high - low == 1) return draws.push_back(high);
    const std::size_t middle = low + (high - low) / 2;
    find(low, middle, draws);
    find(middle, high, draws);
  }

 private:
  const Converter& converter_;
  const ConversionNoise& noise_;
  const std::int64_t offset_;
  const std::uint32_t sum_;
};

/// What a straight converter adds to sums.
bool set_straight(const SlotKind& kind, const Converter& converter, const ConversionNoise& noise, NoisyTable& table) {
  constexpr std::int64_t kHalf = std::int64_t{1} << (Converter::kFractionBits - 1);
  const auto added = [&](std::size_t draw) {
    return (offset_of(kind, 0) + noise.amounts()[draw] + kHalf) >> Converter::kFractionBits;
  };
  const std::int64_t steps = added(kDraws - 1) - added(0);
  if (steps > static_cast<std::int64_t>(NoisyTable::kMostSteps)) return false;
  table.straight = true;
  table.steps = static_cast<std::size_t>(steps);
  table.least = static_cast<std::int16_t>(added(0));
  table.highest = static_cast<std::int16_t>(
      std::min<std::int64_t>(converter.highest_code(), std::numeric_limits<std::int16_t>::max()));
  std::size_t draw = 0;
  for (std::int64_t k = 0; k < steps; ++k) {
    while (added(draw) - added(0) <= k) ++draw;
    table.straight_bounds[k] = static_cast<std::uint16_t>(draw);
  }
  return true;
}

bool set_noisy(const SlotKind& kind, const Converter& converter, const ConversionNoise& noise, unsigned largest_sum,
               NoisyTable& table) {
  if (converter.is_straight()) return set_straight(kind, converter, noise, table);
  for (unsigned sum = 0; sum <= largest_sum; ++sum) {
    const Steps steps(converter, noise, offset_of(kind, 0), sum);
    std::vector<std::size_t> draws;
    steps.find(0, kDraws - 1, draws);
    if (draws.size() > NoisyTable::kMostSteps || steps.value(kDraws - 1) > std::numeric_limits<std::int16_t>::max()) {
      return false;
    }
    table.base[sum] = static_cast<std::uint16_t>(steps.value(0));
    for (std::size_t k = 0; k < draws.size(); ++k) {
      table.bounds[k][sum] = static_cast<std::uint16_t>(draws[k]);
      table.changes[k][sum] = static_cast<std::uint16_t>(steps.value(draws[k]) - steps.value(draws[k] - 1));
    }
    table.steps = std::max(table.steps, draws.size());
  }
  return true;
}

bool set_noisy(const std::vector<SlotKind>& kinds, const Converter& converter, const ConversionNoise& noise,
               unsigned largest_sum, PatternTables& tables) {
  if (largest_sum >= NoisyTable::kSums || !converter.never_falls()) return false;
  tables.noisy.resize(kinds.size());
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (columns_differ(kinds[k])) return false;
    if (!set_noisy(kinds[k], converter, noise, largest_sum, tables.noisy[k])) return false;
  }
  return true;
}

/// Factors are bytes.
bool has_small_factors(const SlotKind& kind) {
  return kind.columns < kMostColumns || (kind.columns == kMostColumns && kind.is_signed);
}

}  // namespace

std::optional<PatternTables> make_pattern_tables(const std::vector<SlotKind>& kinds, const Converter& converter,
                                                 const ConversionNoise* noise, unsigned largest_sum, unsigned rows) {
  if (!std::all_of(kinds.begin(), kinds.end(), has_small_factors)) return std::nullopt;
  PatternTables tables;
  tables.outcomes.resize(kinds.size());
  tables.limits.largest_sum = largest_sum;
  for (std::size_t k = 0; k < kinds.size(); ++k) set_factors(kinds[k], tables.outcomes[k]);
  if (noise != nullptr) {
    if (!set_noisy(kinds, converter, *noise, largest_sum, tables)) return std::nullopt;
    return tables;
  }
  const Additions additions = additions_of(kinds, converter, largest_sum);
  if (are_worth_digits(additions, largest_sum, rows)) {
    set_digits(kinds, converter, largest_sum, additions, tables);
    return tables;
  }
  if (are_worth_correcting(additions, largest_sum)) set_corrections(kinds, additions, tables);
  if (!set_outcomes(kinds, converter, largest_sum, additions, tables)) return std::nullopt;
  set_derived(kinds, tables);
  return tables;
}

}  // namespace reprise
