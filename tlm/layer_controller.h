#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/convolution_unit.h"
#include "tlm/engine_schedule.h"
#include "tlm/floorplan.h"
#include "tlm/machine_config.h"
#include "tlm/processing_engine.h"
#include "tlm/receptive_field.h"
#include "tlm/row_sender.h"
#include "tlm/vector_unit.h"

namespace reprise {

/// What one layer did, over all images so far.
struct LayerActivity {
  std::uint64_t windows = 0;
  Cycle busy_cycles = 0;        ///< sum of the windows' service
  Cycle waited_for_input = 0;   ///< between windows, because an input had not arrived
  Cycle waited_for_credit = 0;  ///< because a consumer's buffer was full
  Cycle first_start = 0;        ///< of the last image
  Cycle last_finish = 0;
  EventCounts events;  ///< without its engines'
};

/// Runs one layer: takes rows out of its buffers, has its engines or its vector unit make an output row, gives every
/// window its finish time and sends the row to the consumers.
///
/// Models       order, exact time (t = max(previous, ready, credit) + service) and back-pressure of the windows.
/// Leaves out   several images in flight.
/// Timing       docs/machine.md, sections 4 and 5.
/// Events       docs/machine.md, section 6.
class LayerController final : public sc_core::sc_module {
 public:
  using Socket = tlm_utils::multi_passthrough_initiator_socket_optional<LayerController>;
  Socket engines{"engines"};  ///< EngineJob; in the order of the mapping's shares
  Socket inputs{"inputs"};    ///< RowAccess; the layer's buffers in order
  RowSender sender;           ///< to the router

  SC_HAS_PROCESS(LayerController);
  /// @param image, plan  outlive the module
  LayerController(const sc_core::sc_module_name& name, const WeightImage& image, int layer, const Floorplan& plan,
                  const MachineConfig& config, sc_core::sc_time period, ActivityObserver* observer);

  void begin_image(sc_core::sc_time origin);
  /// Blocks until the image's last row has been sent; the cycle in which it is finished.
  Cycle wait_until_finished();
  int layer() const { return layer_number_; }
  const std::string& layer_name() const { return layer_.name; }
  const LayerActivity& activity() const { return activity_; }

 private:
  void run();
  void make_tensor();
  void fetch_rows(int y);
  void release_rows(int y);
  Cycle ready(int y, int x) const;
  std::vector<Cycle> make_row(int y, std::uint8_t* output);
  std::vector<Cycle> make_convolution_row(int y, std::uint8_t* output);
  std::vector<Cycle> run_engines();
  std::vector<Cycle> finish_times(int y, const std::vector<Cycle>& service, Cycle credit);
  bool needs_im2col() const;
  void report(std::uint64_t window, const WindowTimes& times);

  /// One input: where it comes from and which of its rows are here.
  struct Input {
    ReceptiveField field;
    int height = 0;
    int width = 0;
    int fetched = 0;                  ///< rows so far
    std::vector<const Row*> content;  ///< by row
  };

  const int layer_number_;
  const Layer& layer_;
  const LayerMapping* const mapping_;
  const MachineConfig config_;
  const sc_core::sc_time period_;
  ActivityObserver* const observer_;
  std::unique_ptr<ConvolutionUnit> convolution_;
  std::optional<VectorUnit> vector_;
  Cycle window_overhead_ = 0;          ///< merging, requantisation and write-back
  std::uint64_t merge_additions_ = 0;  ///< a window
  std::vector<Input> inputs_;
  std::vector<InputRows> rows_;  ///< data of the rows in inputs_
  std::vector<EngineJob> jobs_;
  bool pin_level_ = false;  ///< an engine is
  Cycle previous_finish_ = 0;
  sc_core::sc_time origin_;
  sc_core::sc_event begin_{"begin"};
  bool finished_ = false;
  sc_core::sc_event finished_event_{"finished"};
  LayerActivity activity_;
};

}  // namespace reprise
