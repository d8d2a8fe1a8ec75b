#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <systemc>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "compression/image/weight_image.h"
#include "tlm/activity.h"
#include "tlm/dma.h"
#include "tlm/floorplan.h"
#include "tlm/machine_config.h"
#include "tlm/register_bank.h"
#include "tlm/row_sender.h"
#include "tlm/step_barrier.h"
#include "tlm/tile.h"

namespace reprise {

/// Of a cycle, rounded to the kernel's time resolution.
sc_core::sc_time clock_period(const MachineConfig& config);

/// The accelerator as its surroundings see it: registers, a DMA port to system memory and an interrupt line.
///
/// Models       docs/machine.md; inside, a mesh of tiles with the network of a weight image.
/// Leaves out   contention of the DMA's two channels.
/// Timing       docs/machine.md, section 5.
/// Events       docs/machine.md, section 6.
class Accelerator final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RegisterBank> registers{"registers"};  ///< docs/machine.md, section 7
  sc_core::sc_out<bool> interrupt{"interrupt"};                          ///< level: done and enabled

 private:
  Dma dma_;  // before `memory`, which is its socket

 public:
  tlm_utils::simple_initiator_socket<Dma>& memory;

  SC_HAS_PROCESS(Accelerator);
  /// @param image     verified; outlives the module
  /// @param observer  may be null
  /// @throws InputError when the network does not fit the machine
  Accelerator(const sc_core::sc_module_name& name, const WeightImage& image, const MachineConfig& config,
              ActivityObserver* observer = nullptr);

  const Floorplan& floorplan() const { return plan_; }
  const std::vector<std::unique_ptr<Tile>>& tiles() const { return tiles_; }
  /// Of the DMA: transfers, and the hops of the input rows.
  const EventCounts& input_output_events() const { return input_output_events_; }

  /// Closes the accounts of what ran so far. With several images in flight, to be called once, at the end.
  void end_run();
  /// Cycles in which an image was in the machine or between two that were: docs/machine.md, section 5, Images in
  /// flight. After end_run().
  Cycle elapsed() const { return elapsed_; }
  /// When each image was started; with one in flight always 0.
  const std::vector<Cycle>& image_starts() const { return image_starts_; }

 private:
  std::vector<Register> register_map();
  void connect_mesh();
  void connect_tiles(Tile& tile, PacketSwitch::Side side, Tile& next);
  void connect_layers();
  void connect_barrier();
  std::uint64_t status() const;
  void control_written(std::uint64_t value);
  void reset();
  /// An image in flight.
  struct Image {
    std::uint64_t input = 0;   ///< address
    std::uint64_t output = 0;  ///< address
    Cycle start = 0;
    std::optional<Cycle> read;  ///< when its last input row had arrived wherever it goes
  };

  void start();
  void begin_run();
  void acknowledge();
  void fail();
  void wait_while_failed();
  void update_interrupt();
  void read_inputs();
  void write_outputs();
  void send_input_row(std::size_t number, int y, Row& row, Cycle finish);
  void read_input(std::size_t number, Cycle& previous);
  Cycle read_row(std::uint64_t address, std::vector<std::uint8_t>& data, Cycle begin);
  void write_output(std::size_t number, Cycle& previous);
  Cycle write_bytes(std::uint64_t address, const std::vector<std::uint8_t>& bytes, Cycle begin);
  Cycle collect_output(std::size_t number, std::vector<std::uint8_t>& bytes);
  void release_output(std::size_t number, Cycle cycle);
  void complete(const Image& image, Cycle cycle);
  std::uint64_t in_flight() const { return images_.size() - completed_; }
  void wait_until(Cycle cycle);

  const WeightImage& image_;
  const MachineConfig config_;
  const sc_core::sc_time period_;
  ActivityObserver* const observer_;
  const Floorplan plan_;
  RegisterBank bank_;
  RunClock clock_;
  std::vector<std::unique_ptr<Tile>> tiles_;
  std::vector<LayerController*> controllers_;
  RowSender input_sender_;
  tlm_utils::simple_initiator_socket<Accelerator> output_rows_{"output_rows"};
  tlm_utils::multi_passthrough_initiator_socket_optional<Accelerator> steps_{"steps"};  ///< of the input's rows
  std::unique_ptr<StepBarrier> barrier_;  ///< null where layers do not take turns
  sc_core::sc_time origin_;               ///< of the run
  sc_core::sc_event started_{"started"};
  sc_core::sc_event reset_{"reset"};
  sc_core::sc_event status_changed_{"status_changed"};
  sc_core::sc_event input_read_event_{"input_read"};
  std::deque<Image> images_;          ///< of the run
  std::uint64_t completed_ = 0;       ///< of them
  std::deque<Cycle> to_acknowledge_;  ///< latencies of completed images
  Cycle latency_ = 0;                 ///< of the first of them, or of the last that was acknowledged
  bool error_ = false;
  bool failed_ = false;    ///< a bus error: no further image until a reset
  bool draining_ = false;  ///< what was in flight at a reset is on its way out
  std::uint64_t images_completed_ = 0;
  bool run_is_open_ = false;
  Cycle run_end_ = 0;
  Cycle elapsed_ = 0;
  std::vector<Cycle> image_starts_;
  EventCounts input_output_events_;
};

}  // namespace reprise
