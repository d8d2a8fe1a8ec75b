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
#include "tlm/activity_profile.h"
#include "tlm/convolution_unit.h"
#include "tlm/cycle_causes.h"
#include "tlm/engine_schedule.h"
#include "tlm/floorplan.h"
#include "tlm/machine_config.h"
#include "tlm/processing_engine.h"
#include "tlm/receptive_field.h"
#include "tlm/row_sender.h"
#include "tlm/row_transfer.h"
#include "tlm/step_barrier.h"
#include "tlm/transport.h"
#include "tlm/vector_unit.h"
#include "tlm/window_share.h"
#include "tlm/window_timing.h"

namespace reprise {

class RowAccount;

/// What one layer did, over all images so far.
struct LayerActivity {
  std::uint64_t windows = 0;
  Cycle busy_cycles = 0;        ///< sum of the windows' service
  Cycle waited_for_input = 0;   ///< between windows of a copy, because an input had not arrived
  Cycle waited_for_credit = 0;  ///< because a consumer's buffer was full
  Cycle waited_for_turn = 0;    ///< because of other layers' turns
  Cycle first_start = 0;        ///< of the last image
  Cycle last_finish = 0;
  std::uint64_t lanes = 1;                 ///< engines of all copies, or one
  CycleCounts causes;                      ///< where the lanes' cycles went, but for what engines do by themselves
  std::vector<Cycle> waited_for_consumer;  ///< lanes' cycles of CycleCause::credit, by consumer
  EventCounts events;                      ///< without its engines'
  ActivityProfile profile;                 ///< of its windows, over the time of an image, or of all that are in flight
};

/// Runs one layer: takes rows out of its buffers, has its engines or its vector unit make an output row, gives every
/// window its finish time and sends the row to the consumers.
///
/// Models       order, exact time (WindowTiming) and back-pressure of the windows, over images and copies.
/// Timing       docs/machine.md, sections 4 and 5.
/// Events       docs/machine.md, section 6.
class LayerController final : public sc_core::sc_module {
 public:
  template <class Extension>
  using Socket =
      tlm_utils::multi_passthrough_initiator_socket_optional<LayerController, 32, ExtensionProtocol<Extension>>;
  Socket<EngineJob> engines{"engines"};  ///< copy by copy, in the order of the mapping's shares
  Socket<RowAccess> inputs{"inputs"};    ///< the layer's buffers in order
  Socket<StepAccess> steps{"steps"};     ///< bound where layers take turns
  RowSender sender;                      ///< to the router

  SC_HAS_PROCESS(LayerController);
  /// @param image, plan  outlive the module
  LayerController(const sc_core::sc_module_name& name, const WeightImage& image, int layer, const Floorplan& plan,
                  const MachineConfig& config, const sc_core::sc_time& period, ActivityObserver* observer);

  /// Cycles count from `origin`, images from 0. All images begun have been finished.
  void begin_run(const sc_core::sc_time& origin);
  /// The run is over: `elapsed` cycles.
  void end_run(Cycle elapsed);
  /// The next image begins at `start`; its round has begun at `loaded`, not after that (0 without rounds).
  void begin_image(Cycle start, Cycle loaded);
  /// Blocks until that image is through here; the cycle in which its last window has arrived wherever it goes.
  Cycle wait_until_through(std::size_t image);
  int layer() const { return layer_number_; }
  const std::string& layer_name() const { return layer_.name; }
  const LayerActivity& activity() const { return activity_; }

 private:
  void run();
  void make_tensor();
  void send_row(int y, const std::vector<Cycle>& service, const RowSender::Credit& credit, Row& row);
  void contend_row(int y, const std::vector<Cycle>& service, const RowSender::Credit& credit, Row& row);
  void row_arrived(int y, Cycle arrived);
  void fetch_rows(int y);
  void release_rows(int y);
  void wait_for_inputs(int y, int x);
  void find_last_rows(int y);
  void add_inputs_of(std::size_t x, WindowBounds& bounds) const;
  std::vector<Cycle> make_row(int y, std::uint8_t* output);
  std::vector<Cycle> make_convolution_row(int y, std::uint8_t* output);
  std::vector<Cycle> run_engines(int y);
  void run_copy(std::size_t copy, const WindowShare& share, std::vector<Cycle>& longest);
  void keep_cycles(const WindowShare& share, std::size_t width, std::vector<Cycle>& cycles) const;
  Cycle time_row(int y, const std::vector<Cycle>& service, const RowSender::Credit& credit, Row& row);
  void count(const RowAccount& row, std::size_t consumer);
  std::size_t copy_of(int y, std::size_t x) const;
  std::size_t image() const { return images_made_; }  ///< the one at work
  int row_of_run(int row, int height) const { return static_cast<int>(image()) * height + row; }
  bool needs_im2col() const;
  void report(int y, std::size_t x, const WindowTimes& times);

  /// One input: where it comes from and which of its rows are here.
  struct Input {
    ReceptiveField field;
    std::vector<std::size_t> last_columns;  ///< that each window of a row waits for
    int height = 0;
    int width = 0;
    int fetched = 0;                  ///< rows of the image so far
    std::vector<const Row*> content;  ///< by row of the image
  };

  /// The last row of an input that an output row waits for.
  struct LastRow {
    const std::vector<std::size_t>* columns;  ///< Input::last_columns
    const Row* row;
  };

  const int layer_number_;
  const Layer& layer_;
  const LayerMapping* const mapping_;
  const MachineConfig config_;
  const sc_core::sc_time period_;
  ActivityObserver* const observer_;
  std::unique_ptr<ConvolutionUnit> convolution_;
  std::optional<VectorUnit> vector_;
  const std::vector<std::vector<int>> engines_;  ///< numbers, [copy][share]
  const std::uint64_t lanes_;                    ///< of a copy
  Cycle merge_ = 0;                              ///< of a window
  Cycle write_back_ = 0;                         ///< of a window
  std::uint64_t merge_additions_ = 0;            ///< a window
  std::vector<Input> inputs_;
  std::vector<LastRow> last_rows_;                 ///< of the output row at work
  std::vector<InputRows> rows_;                    ///< data of the rows in inputs_
  EngineJob job_;                                  ///< of the engine at work
  std::vector<ActivityTotals> totals_;             ///< by copy
  std::vector<std::vector<Cycle>> engine_cycles_;  ///< [copy and share][column]: of the row's windows; for observers
  bool pin_level_ = false;                         ///< an engine is
  WindowTiming timing_;
  sc_core::sc_time origin_;
  std::vector<Cycle> starts_;  ///< of images
  std::vector<Cycle> loaded_;  ///< of images: when their rounds began
  std::size_t images_made_ = 0;
  std::uint64_t image_number_;   ///< of the data set: of the image at work
  std::vector<Cycle> arrivals_;  ///< of images: of their last windows, wherever they go
  sc_core::sc_event begin_{"begin"};
  sc_core::sc_event through_event_{"through"};
  LayerActivity activity_;
};

}  // namespace reprise
