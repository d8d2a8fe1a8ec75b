#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/cycle_causes.h"
#include "tlm/events.h"
#include "tlm/input_activity.h"
#include "tlm/machine_config.h"
#include "tlm/row_transfer.h"

namespace reprise {

constexpr int kInputBits = 8;

/// What one engine does for every window of its layer, known before the first: docs/machine.md, sections 3 and 6.
class EngineSchedule {
 public:
  /// @param table_entry_bits  of one scatter entry in the mapping table, 0 where the layer stores none
  /// @param filter_cycles     as filter_cycles() says for the layer
  EngineSchedule(const LayerMapping& mapping, const EngineShare& share, const Geometry& geometry,
                 const PipelineConfig& pipeline, int table_entry_bits, int filter_cycles);

  Cycle window_cycles(const WindowActivity& activity) const;
  /// Of each window.
  /// @param cycles  as many as there are windows
  void window_cycles(const InputActivity& activity, std::vector<Cycle>& cycles) const;

  struct Work {
    EventCounts events;
    std::uint64_t activations = 0;
    std::uint64_t dropped_activations = 0;

    friend Work operator-(Work a, const Work& b) {
      a.events -= b.events;
      a.activations -= b.activations;
      a.dropped_activations -= b.dropped_activations;
      return a;
    }
  };
  /// Of `windows` windows, over which the activity is summed.
  Work work(const ActivitySums& sums, std::uint64_t windows) const;
  /// Where the cycles of these windows go, `total` of them: all but what the engine waits for.
  CycleCounts causes(const ActivitySums& sums, std::uint64_t windows, Cycle total) const;

 private:
  /// Input bits of windows in which a row of the group is selected, and parts of them: each unit is activated for each.
  struct Pairs {
    std::uint64_t live = 0;
    std::uint64_t parts = 0;
  };
  /// One row group, and the engine's units of it together.
  struct Group {
    std::uint32_t index = 0;
    std::uint64_t rows = 0;
    std::uint64_t parts = 0;  ///< of an input bit in which all rows are selected
    Cycle cycles = 0;         ///< of the units, activated once
    std::uint64_t units = 0;
    std::uint64_t columns = 0;
    std::uint64_t entries = 0;
  };

  /// Of one window, of which so many input bits of row groups are live, and activations take so many cycles.
  Cycle cycles_of(Cycle live_pairs, Cycle activations) const;
  Cycle cycles_by_groups(const WindowActivity& activity) const;
  Cycle cycles_by_weights(const std::uint8_t* live_bits) const;
  void set_weights();
  Pairs pairs_of(const Group& group, const ActivitySums& sums, std::uint64_t windows) const;

  // What the cycles of a window depend on comes first and is little: engines are many, and no cache holds them all.
  Cycle load_ = 0;
  Cycle step_ = 0;  ///< cycles of a step without a SCATTER stall
  Cycle skip_cycles_;
  std::uint32_t first_group_ = 0;
  std::uint32_t even_weight_ = 0;  ///< of all row groups alike; 0: they differ, or there are no weights
  std::vector<Group> groups_;
  /// Cycles of a live bit, and whether there are units: of each row group from the first to the last that the engine
  /// has. Empty where other things matter, or where most of them would be of row groups that it does not have.
  std::vector<std::uint32_t> weights_;
  std::vector<std::uint8_t> present_;
  PipelineConfig pipeline_;
  std::uint64_t table_entry_bits_;
  bool formed_;  ///< units are formed
  std::uint64_t loaded_bytes_ = 0;
};

/// Cycles of a step of the pipeline without a SCATTER stall.
Cycle fixed_step(const Geometry& geometry, const PipelineConfig& pipeline);

/// What the layer's input filter adds to an engine's load: 0 where the layer has none.
int filter_cycles(const WeightImage& image, const LayerMapping& mapping, const PipelineConfig& pipeline);

/// Column products of one window, by where they come from: docs/machine.md, section 6. Divided by
/// columns_per_weight they are multiply-accumulates.
struct ProductCounts {
  std::uint64_t computed = 0;
  std::uint64_t reused = 0;
  std::uint64_t zero = 0;
};

/// @throws InputError when a product is covered twice.
ProductCounts count_products(const LayerMapping& mapping, const ConvolutionLayer& convolution, const Shape& input,
                             std::size_t outputs, Encoding encoding);

constexpr int columns_per_weight(Encoding encoding) {
  return encoding == Encoding::twos_complement ? 8 : 14;
}

}  // namespace reprise
