#pragma once

#include <cstdint>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/machine_config.h"

namespace reprise {

/// What is in the six stages of an engine's pipeline when, from docs/machine.md, section 3: the same pins as those of
/// rtl::ProcessingEngine, reconstructed from a window's values.
class StageTimeline {
 public:
  /// @param filter_cycles  as filter_cycles() says for the layer
  StageTimeline(const LayerMapping& mapping, const EngineShare& share, const Geometry& geometry,
                const PipelineConfig& pipeline, int filter_cycles);

  /// fetch, drive, read, convert, shift_add, scatter: each .busy, .unit (of the engine) and .bit.
  static std::vector<Pin> pins();

  /// @param im2col  the window as the layer's input filter lets it through
  std::vector<PinChange> window(const std::uint8_t* im2col) const;

 private:
  struct Group {
    std::vector<std::uint32_t> rows;
    std::vector<Cycle> scatter;  ///< cycles, of each unit
  };

  /// Activations of each unit of the group for an input bit.
  std::size_t parts(const Group& group, std::uint32_t bit, const std::uint8_t* im2col) const;

  const bool skips_;
  const std::size_t part_rows_;  ///< the most selected rows of a part; 0: units are not formed
  const Cycle skip_cycles_;
  const Cycle step_;
  Cycle load_ = 0;
  std::vector<Group> groups_;
};

}  // namespace reprise
