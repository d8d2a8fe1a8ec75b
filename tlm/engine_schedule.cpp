#include "tlm/engine_schedule.h"

#include <algorithm>
#include <bitset>
#include <cstring>
#include <limits>
#include <utility>

#include "support/bits.h"
#include "support/error.h"
#include "support/vector_clones.h"

namespace reprise {
namespace {

constexpr Cycle kFillSteps = 5;  ///< before the first operation unit is in SCATTER

/// Of so many numbers of bits, each 8 at most.
Cycle sum_of_bits(const std::uint8_t* bits, std::size_t count) {
  Cycle sum = 0;
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bits + i, sizeof word);
    sum += sum_of_bytes(word);
  }
  for (; i < count; ++i) sum += bits[i];
  return sum;
}

constexpr Cycle kLargestWeights = std::numeric_limits<std::uint32_t>::max() / kInputBits;  ///< in all

using WeightedSums = std::pair<std::uint32_t, std::uint32_t>;

/// Sums of bits with either weights.
inline __attribute__((always_inline)) WeightedSums weighted_sums(const std::uint8_t* bits, const std::uint8_t* first,
                                                                 const std::uint32_t* second, std::size_t count) {
  std::uint32_t sum_of_first = 0;
  std::uint32_t sum_of_second = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum_of_first += std::uint32_t{bits[i]} * first[i];
    sum_of_second += std::uint32_t{bits[i]} * second[i];
  }
  return {sum_of_first, sum_of_second};
}

REPRISE_VECTOR_CLONES WeightedSums many_weighted_sums(const std::uint8_t* bits, const std::uint8_t* first,
                                                      const std::uint32_t* second, std::size_t count) {
  return weighted_sums(bits, first, second, count);
}

}  // namespace

Cycle fixed_step(const Geometry& geometry, const PipelineConfig& pipeline) {
  const Cycle convert = ceil_divide(static_cast<Cycle>(geometry.unit_columns), static_cast<Cycle>(pipeline.adcs)) *
                        static_cast<Cycle>(pipeline.convert_cycles);
  return std::max({static_cast<Cycle>(pipeline.fetch_cycles), static_cast<Cycle>(pipeline.drive_cycles),
                   static_cast<Cycle>(pipeline.read_cycles), convert, static_cast<Cycle>(pipeline.shift_add_cycles)});
}

EngineSchedule::EngineSchedule(const LayerMapping& mapping, const EngineShare& share, const Geometry& geometry,
                               const PipelineConfig& pipeline, int table_entry_bits, int filter_cycles)
    : step_(fixed_step(geometry, pipeline)),
      skip_cycles_(static_cast<Cycle>(pipeline.skip_cycles)),
      pipeline_(pipeline),
      table_entry_bits_(static_cast<std::uint64_t>(table_entry_bits)),
      formed_(geometry.forms_units()) {
  const auto ports = static_cast<Cycle>(pipeline.scatter_ports);
  for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
    const OperationUnit& unit = mapping.units[u];
    const std::uint64_t rows = mapping.rows_in_group(unit.row_group);
    if (groups_.empty() || groups_.back().index != unit.row_group) {
      const auto parts = static_cast<std::uint64_t>(geometry.places_of(mapping.rows_in_group(unit.row_group)));
      groups_.push_back({unit.row_group, rows, parts});
      loaded_bytes_ += rows;
    }
    const std::uint64_t entries = mapping.entries_end(u) - mapping.entries_begin(u);
    Group& group = groups_.back();
    group.cycles += entries <= step_ * ports ? step_ : ceil_divide(entries, ports);
    group.units += 1;
    group.columns += unit.columns;
    group.entries += entries;
  }
  if (!groups_.empty()) first_group_ = groups_.front().index;
  if (!formed_ && pipeline.skip_zero_inputs) set_weights();
  load_ = static_cast<Cycle>(filter_cycles) +
          ceil_divide(loaded_bytes_, static_cast<std::uint64_t>(pipeline.input_bytes_per_cycle));
}

void EngineSchedule::set_weights() {
  if (groups_.empty()) return;
  const auto earlier = [](const Group& a, const Group& b) { return a.index < b.index; };
  const bool ascending = std::is_sorted(groups_.begin(), groups_.end(), earlier);
  const std::size_t span = std::size_t{groups_.back().index} - groups_.front().index + 1;
  Cycle all = 0;
  for (const Group& group : groups_) all += group.cycles;
  if (!ascending || span > 2 * groups_.size() || all > kLargestWeights) return;
  weights_.resize(span);
  present_.resize(span);
  for (const Group& group : groups_) {
    weights_[group.index - groups_.front().index] = static_cast<std::uint32_t>(group.cycles);
    present_[group.index - groups_.front().index] = 1;
  }
  const auto alike = std::count(weights_.begin(), weights_.end(), weights_.front());
  if (alike == static_cast<std::ptrdiff_t>(span)) even_weight_ = weights_.front();
}

int filter_cycles(const WeightImage& image, const LayerMapping& mapping, const PipelineConfig& pipeline) {
  const Layer& layer = image.network.layers.at(static_cast<std::size_t>(mapping.layer));
  return std::get<ConvolutionLayer>(layer.operation).filter ? pipeline.filter_cycles : 0;
}

Cycle EngineSchedule::cycles_of(Cycle live_pairs, Cycle activations) const {
  const Cycle dropped = kInputBits * groups_.size() - live_pairs;
  const Cycle fill = live_pairs > 0 ? kFillSteps * step_ : 0;
  return load_ + fill + activations + dropped * skip_cycles_;
}

Cycle EngineSchedule::cycles_by_groups(const WindowActivity& activity) const {
  Cycle activations = 0;
  Cycle live_pairs = 0;
  for (const Group& group : groups_) {
    const bool skips = pipeline_.skip_zero_inputs;
    const Cycle live = skips ? activity.live_bits[group.index] : kInputBits;
    const Cycle formed = skips && formed_ ? activity.parts[group.index] : kInputBits * group.parts;
    activations += (formed_ ? formed : live) * group.cycles;
    live_pairs += live;
  }
  return cycles_of(live_pairs, activations);
}

/// @param live_bits  from the engine's first row group on
inline Cycle EngineSchedule::cycles_by_weights(const std::uint8_t* live_bits) const {
  constexpr std::size_t kFew = 16;  // for fewer row groups, vectors take longer
  const std::size_t count = weights_.size();
  if (even_weight_ != 0) {
    const Cycle live_pairs = sum_of_bits(live_bits, count);
    return cycles_of(live_pairs, live_pairs * even_weight_);
  }
  const WeightedSums sums = count < kFew ? weighted_sums(live_bits, present_.data(), weights_.data(), count)
                                         : many_weighted_sums(live_bits, present_.data(), weights_.data(), count);
  return cycles_of(sums.first, sums.second);
}

Cycle EngineSchedule::window_cycles(const WindowActivity& activity) const {
  return weights_.empty() ? cycles_by_groups(activity) : cycles_by_weights(activity.live_bits + first_group_);
}

void EngineSchedule::window_cycles(const InputActivity& activity, std::vector<Cycle>& cycles) const {
  for (std::size_t window = 0; window < cycles.size(); ++window) {
    cycles[window] = window_cycles(activity.window(window));
  }
}

EngineSchedule::Pairs EngineSchedule::pairs_of(const Group& group, const ActivitySums& sums,
                                               std::uint64_t windows) const {
  if (!pipeline_.skip_zero_inputs) {
    const std::uint64_t all = kInputBits * windows;
    return {all, formed_ ? all * group.parts : all};
  }
  const std::uint64_t live = sums.live_bits[group.index];
  return {live, formed_ ? sums.parts[group.index] : live};
}

EngineSchedule::Work EngineSchedule::work(const ActivitySums& sums, std::uint64_t windows) const {
  Work work;
  EventCounts& events = work.events;
  const bool skips = pipeline_.skip_zero_inputs;
  const std::uint64_t all = kInputBits * windows;
  for (const Group& group : groups_) {
    const Pairs pairs = pairs_of(group, sums, windows);
    const std::uint64_t rows = formed_ && skips ? sums.selected_rows[group.index] : pairs.live * group.rows;
    work.activations += pairs.parts * group.units;
    work.dropped_activations += (all - pairs.live) * group.units;
    events[Event::input_register_read] += rows * group.units;
    events[Event::dac_drive] += rows * group.units;
    events[Event::crossbar_read] += rows * group.columns;
    events[Event::adc_convert] += pairs.parts * group.columns;
    events[Event::accumulator_add] += pairs.parts * group.entries;
    if (skips) events[Event::zero_detector_check] += all;
    if (skips && formed_) events[Event::unit_former_select] += all * group.rows;
  }
  events[Event::schedule_read] = work.activations;
  events[Event::sample_hold_sample] = events[Event::adc_convert];
  events[Event::shift_add_add] = events[Event::adc_convert];
  events[Event::table_read] = events[Event::accumulator_add] * table_entry_bits_;
  events[Event::input_register_write] = loaded_bytes_ * windows;
  return work;
}

CycleCounts EngineSchedule::causes(const ActivitySums& sums, std::uint64_t windows, Cycle total) const {
  CycleCounts causes;
  causes[CycleCause::load] = windows * load_;
  for (const Group& group : groups_) {
    const Pairs pairs = pairs_of(group, sums, windows);
    causes[CycleCause::busy] += pairs.parts * group.units * step_;
    causes[CycleCause::scatter] += pairs.parts * (group.cycles - group.units * step_);
    causes[CycleCause::dropped] += (kInputBits * windows - pairs.live) * skip_cycles_;
  }
  causes[CycleCause::fill] = total - causes.total();
  return causes;
}

namespace {

/// Marks which columns of which (row group, output) an entry covers.
class Coverage {
 public:
  Coverage(std::size_t groups, std::size_t outputs) : outputs_(outputs), marks_(groups * outputs) {}

  void mark(const LayerMapping& mapping, const OperationUnit& unit, const ScatterEntry& entry, Encoding encoding) {
    const unsigned side = encoding == Encoding::differential && entry.negative ? 7U : 0U;
    const unsigned columns = ((1U << unit.slot_columns) - 1U) << (entry.shift + side);
    std::uint16_t& mark = marks_[unit.row_group * outputs_ + entry.output];
    if ((mark & columns) != 0) {
      throw InputError("layer " + std::to_string(mapping.layer) + ": row group " + std::to_string(unit.row_group) +
                       " adds a bit of output " + std::to_string(entry.output) + " twice");
    }
    mark = static_cast<std::uint16_t>(mark | columns);
  }

 private:
  std::size_t outputs_;
  std::vector<std::uint16_t> marks_;
};

}  // namespace

ProductCounts count_products(const LayerMapping& mapping, const ConvolutionLayer& convolution, const Shape& input,
                             std::size_t outputs, Encoding encoding) {
  Coverage coverage(mapping.row_group_count(), outputs);
  ProductCounts counts;
  for (std::size_t u = 0; u < mapping.units.size(); ++u) {
    const OperationUnit& unit = mapping.units[u];
    const std::uint64_t products = std::uint64_t{mapping.rows_in_group(unit.row_group)} * unit.slot_columns;
    std::bitset<256> used;
    for (std::size_t e = mapping.entries_begin(u); e < mapping.entries_end(u); ++e) {
      const ScatterEntry& entry = mapping.entries[e];
      coverage.mark(mapping, unit, entry, encoding);
      (used[entry.slot] ? counts.reused : counts.computed) += products;
      used[entry.slot] = true;
    }
  }
  const auto rows = static_cast<std::uint64_t>(input.channels / convolution.groups) *
                    static_cast<std::uint64_t>(convolution.window.area());
  const std::uint64_t all = rows * outputs * static_cast<std::uint64_t>(columns_per_weight(encoding));
  if (counts.computed + counts.reused > all) {
    throw InputError("layer " + std::to_string(mapping.layer) + ": more column products than weights have columns");
  }
  counts.zero = all - counts.computed - counts.reused;
  return counts;
}

}  // namespace reprise
