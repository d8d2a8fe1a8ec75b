#include "tlm/stage_timeline.h"

#include <algorithm>
#include <array>

#include "tlm/engine_schedule.h"

namespace reprise {
namespace {

constexpr std::array<const char*, 6> kStages{"fetch", "drive", "read", "convert", "shift_add", "scatter"};
constexpr std::uint32_t kPinsOfStage = 3;

/// What is in one stage.
struct Occupant {
  bool busy = false;
  std::uint32_t unit = 0;
  std::uint32_t bit = 0;
  Cycle scatter = 0;
};

/// The stages, and what of them changed when.
class Pipe {
 public:
  Pipe(Cycle now, Cycle step) : now_(now), step_(step) {}

  void stand_still(Cycle cycles) { now_ += cycles; }

  void advance(const Occupant& next) {
    for (std::size_t stage = kStages.size(); stage-- > 1;) put(stage, stages_[stage - 1]);
    put(0, next);
    now_ += std::max(step_, stages_.back().scatter);
  }

  void drain() {
    for (std::size_t stage = 1; stage < kStages.size(); ++stage) advance({});
    put(kStages.size() - 1, {});
  }

  std::vector<PinChange> take_changes() { return std::move(changes_); }

 private:
  void put(std::size_t stage, const Occupant& next) {
    Occupant& present = stages_[stage];
    const auto first = static_cast<std::uint32_t>(stage) * kPinsOfStage;
    if (present.busy != next.busy) changes_.push_back({now_, first, next.busy ? 1U : 0U});
    if (present.unit != next.unit) changes_.push_back({now_, first + 1, next.unit});
    if (present.bit != next.bit) changes_.push_back({now_, first + 2, next.bit});
    present = next;
  }

  Cycle now_;
  const Cycle step_;
  std::array<Occupant, kStages.size()> stages_{};
  std::vector<PinChange> changes_;
};

}  // namespace

StageTimeline::StageTimeline(const LayerMapping& mapping, const EngineShare& share, const Geometry& geometry,
                             const PipelineConfig& pipeline, int filter_cycles)
    : skips_(pipeline.skip_zero_inputs),
      part_rows_(geometry.forms_units() ? static_cast<std::size_t>(geometry.unit_rows) : 0),
      skip_cycles_(static_cast<Cycle>(pipeline.skip_cycles)),
      step_(fixed_step(geometry, pipeline)) {
  std::uint64_t bytes = 0;
  for (std::size_t u = share.first_unit; u < share.first_unit + share.unit_count; ++u) {
    const std::uint32_t group = mapping.units[u].row_group;
    if (u == share.first_unit || group != mapping.units[u - 1].row_group) {
      const auto rows = mapping.rows.begin() + mapping.row_group_starts[group];
      groups_.push_back({{rows, rows + mapping.rows_in_group(group)}, {}});
      bytes += mapping.rows_in_group(group);
    }
    const std::uint64_t entries = mapping.entries_end(u) - mapping.entries_begin(u);
    groups_.back().scatter.push_back(ceil_divide(entries, static_cast<Cycle>(pipeline.scatter_ports)));
  }
  load_ = static_cast<Cycle>(filter_cycles) + ceil_divide(bytes, static_cast<Cycle>(pipeline.input_bytes_per_cycle));
}

std::vector<Pin> StageTimeline::pins() {
  std::vector<Pin> pins;
  for (const char* stage : kStages) {
    pins.push_back({stage + std::string(".busy"), 1, false});
    pins.push_back({stage + std::string(".unit"), 32, false});
    pins.push_back({stage + std::string(".bit"), 8, false});
  }
  return pins;
}

std::size_t StageTimeline::parts(const Group& group, std::uint32_t bit, const std::uint8_t* im2col) const {
  const auto is_on = [&](std::uint32_t row) { return ((im2col[row] >> bit) & 1U) != 0; };
  const auto ones = std::count_if(group.rows.begin(), group.rows.end(), is_on);
  const std::size_t selected = skips_ ? static_cast<std::size_t>(ones) : group.rows.size();
  if (part_rows_ == 0) return selected > 0 ? 1 : 0;
  return ceil_divide(selected, part_rows_);
}

std::vector<PinChange> StageTimeline::window(const std::uint8_t* im2col) const {
  Pipe pipe(load_, step_);
  std::uint32_t first_unit = 0;
  bool any = false;
  for (const Group& group : groups_) {
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      const std::size_t activations = parts(group, bit, im2col);
      if (activations == 0) pipe.stand_still(skip_cycles_);
      any = any || activations > 0;
      for (std::size_t part = 0; part < activations; ++part) {
        for (std::uint32_t u = 0; u < group.scatter.size(); ++u) {
          pipe.advance({true, first_unit + u, bit, group.scatter[u]});
        }
      }
    }
    first_unit += static_cast<std::uint32_t>(group.scatter.size());
  }
  if (any) pipe.drain();
  return pipe.take_changes();
}

}  // namespace reprise
