#include "scenarios/repetition.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;
using Histogram = std::map<std::uint64_t, std::uint64_t>;

/// Bins 0, 1, 2, 3..4, 5..8 and so on; those without anything at either end are left out.
Json bins_json(const Histogram& histogram, const char* what) {
  Json bins = Json::array();
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  for (auto entry = histogram.begin(); entry != histogram.end();) {
    std::uint64_t count = 0;
    for (; entry != histogram.end() && entry->first <= to; ++entry) count += entry->second;
    if (count > 0 || !bins.empty()) bins.push_back({{"from", from}, {"to", to}, {what, count}});
    from = to + 1;
    to = to == 0 ? 1 : 2 * to;
  }
  return bins;
}

std::uint64_t count_of(const Histogram& histogram) {
  std::uint64_t count = 0;
  for (const auto& entry : histogram) count += entry.second;
  return count;
}

std::uint64_t sum_of(const Histogram& histogram) {
  std::uint64_t sum = 0;
  for (const auto& [value, count] : histogram) sum += value * count;
  return sum;
}

void add(Histogram& histogram, const Histogram& other) {
  for (const auto& [value, count] : other) histogram[value] += count;
}

/// Counts millions of small numbers.
class Counter {
 public:
  void add(std::uint64_t value) {
    if (value >= counts_.size()) counts_.resize(value + 1);
    ++counts_[value];
  }

  Histogram histogram() const {
    Histogram histogram;
    for (std::size_t value = 0; value < counts_.size(); ++value) {
      if (counts_[value] > 0) histogram[value] = counts_[value];
    }
    return histogram;
  }

 private:
  std::vector<std::uint64_t> counts_;  ///< by value
};

}  // namespace

Repetition::Repetition(const LayerMapping& mapping) {
  Counter patterns;
  Counter units;
  for (std::size_t number = 0; number < mapping.units.size(); ++number) {
    const OperationUnit& unit = mapping.units[number];
    const std::size_t end = mapping.entries_end(number);
    std::size_t entry = mapping.entries_begin(number);
    units.add(end - entry);
    if (unit.columns == unit.slot_columns) {  // as most: all are of its one slot
      patterns.add(end - entry);
      continue;
    }
    // Entries go through the slots in order.
    std::size_t slot = 0;
    for (int column = unit.slot_columns; column <= unit.columns; column += unit.slot_columns, ++slot) {
      const std::size_t first = entry;
      while (entry < end && mapping.entries[entry].slot == slot) ++entry;
      patterns.add(entry - first);
    }
  }
  patterns_by_uses_ = patterns.histogram();
  units_by_fan_out_ = units.histogram();
}

Repetition& Repetition::operator+=(const Repetition& other) {
  add(patterns_by_uses_, other.patterns_by_uses_);
  add(units_by_fan_out_, other.units_by_fan_out_);
  return *this;
}

Json Repetition::json() const {
  return {{"patterns", count_of(patterns_by_uses_)},
          {"uses", sum_of(patterns_by_uses_)},
          {"units", count_of(units_by_fan_out_)},
          {"patterns_by_uses", bins_json(patterns_by_uses_, "patterns")},
          {"units_by_fan_out", bins_json(units_by_fan_out_, "units")}};
}

}  // namespace reprise
