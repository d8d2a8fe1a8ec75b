#pragma once

#include <systemc>

#include <cstdint>
#include <memory>
#include <vector>

#include "compression/image/weight_image.h"
#include "rtl_models/bus.h"
#include "rtl_models/engine_config.h"
#include "rtl_models/input_filter.h"
#include "rtl_models/merge_tree.h"
#include "rtl_models/processing_engine.h"
#include "rtl_models/requantiser.h"

namespace reprise::rtl {

struct TileConfig {
  EngineConfig engine;
  int merge_cycles = 1;   ///< one level of the merge tree; 0 is allowed
  int output_lanes = 16;  ///< outputs requantised and written back a cycle
};

/// The engines of one layer with what filters their input, merges, requantises and writes back.
///
/// Models      docs/machine.md, section 4: the engines begin a window together; when the last is through its
///             accumulators are merged, requantised and written back. A layer without engines only has its initial
///             sums. The layer's input filter, where it has one, stands before the engines.
/// Leaves out  layer buffers, router and controller.
/// Handshake   as that of a processing engine; busy for exactly the service time of the window.
class Tile final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_in<bool> start{"start"};
  sc_core::sc_in<Bus<std::uint8_t>> window{"window"};  ///< the whole im2col vector
  /// Of noise: Adc::window_key. To stand as long as the window.
  sc_core::sc_port<sc_core::sc_signal_in_if<std::uint64_t>, 1, sc_core::SC_ZERO_OR_MORE_BOUND> window_key{"window_key"};
  sc_core::sc_out<bool> busy{"busy"};
  sc_core::sc_out<bool> done{"done"};
  sc_core::sc_out<std::uint32_t> cycles{"cycles"};      ///< of the present or last window
  sc_core::sc_out<Bus<std::uint8_t>> output{"output"};  ///< stored activations, one an output channel

  SC_HAS_PROCESS(Tile);
  /// Copies what it needs from the image. Throws InputError where a constant is out of range.
  Tile(const sc_core::sc_module_name& name, const TileConfig& config, const WeightImage& image,
       const LayerMapping& mapping);

  const sc_core::sc_vector<ProcessingEngine>& engines() const { return engines_; }
  std::uint64_t input_filter_checks() const { return filter_ ? filter_->checks() : 0; }
  std::uint64_t merge_adds() const { return merge_tree_.adds(); }
  std::uint64_t requantise_operations() const { return requantiser_.operations(); }
  void trace(sc_core::sc_trace_file* file) const override;

 private:
  void add_filter(const WeightImage& image, const Layer& layer);
  void decide();
  void step();

  sc_core::sc_signal<bool> begin_{"begin"};
  sc_core::sc_signal<bool> engines_through_{"engines_through"};
  sc_core::sc_signal<bool> merge_complete_{"merge_complete"};
  sc_core::sc_signal<bool> last_{"last"};
  sc_core::sc_vector<sc_core::sc_signal<bool>> engine_busy_;
  sc_core::sc_vector<sc_core::sc_signal<bool>> engine_done_;
  sc_core::sc_vector<sc_core::sc_signal<std::uint32_t>> engine_cycles_;
  sc_core::sc_vector<sc_core::sc_signal<Bus<std::int32_t>>> engine_sums_;
  sc_core::sc_signal<Bus<std::int32_t>> merged_;
  sc_core::sc_signal<Bus<std::uint8_t>> filtered_{"filtered"};
  std::unique_ptr<InputFilter> filter_;  ///< null where the layer has none
  sc_core::sc_vector<ProcessingEngine> engines_;
  MergeTree merge_tree_;
  Requantiser requantiser_;
};

}  // namespace reprise::rtl
