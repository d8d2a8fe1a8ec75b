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
#include "tlm/cell_programmer.h"
#include "tlm/dma.h"
#include "tlm/floorplan.h"
#include "tlm/machine_config.h"
#include "tlm/register_bank.h"
#include "tlm/row_sender.h"
#include "tlm/row_transfer.h"
#include "tlm/step_barrier.h"
#include "tlm/target_phases.h"
#include "tlm/tile.h"
#include "tlm/transport.h"

namespace reprise {

/// Of a cycle, rounded to the kernel's time resolution.
sc_core::sc_time clock_period(const MachineConfig& config);

/// What a round of a network larger than the chip took, over all times that it was written.
struct RoundActivity {
  std::uint64_t times = 0;
  std::uint64_t bytes = 0;  ///< loaded
  Cycle load_cycles = 0;    ///< of weights, out of system memory
  Cycle write_cycles = 0;   ///< of cells
};

/// The accelerator as its surroundings see it: registers, a DMA port to system memory and an interrupt line.
///
/// Models       docs/machine.md; inside, a mesh of tiles with the network of a weight image, in rounds where it is
///              larger than the mesh.
/// Leaves out   contention of the DMA's two channels.
/// Timing       docs/machine.md, section 5.
/// Events       docs/machine.md, section 6.
class Accelerator final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Accelerator> registers{"registers"};  ///< docs/machine.md, section 7
  sc_core::sc_out<bool> interrupt{"interrupt"};                         ///< level: done and enabled

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
  ~Accelerator() override;

  const Floorplan& floorplan() const { return plan_; }
  const std::vector<std::unique_ptr<Tile>>& tiles() const { return tiles_; }
  /// Of the DMA: transfers, and the hops of the input rows.
  const EventCounts& input_output_events() const { return input_output_events_; }

  /// Closes the accounts of what ran so far. With several images in flight, to be called once, at the end.
  void end_run();
  /// Cycles in which an image was in the machine or between two that were: docs/machine.md, section 5, Images in
  /// flight. After end_run().
  Cycle elapsed() const { return elapsed_; }
  /// Of each round; nothing without rounds.
  const std::vector<RoundActivity>& rounds() const { return rounds_; }
  /// What writing cells took; nothing without rounds.
  const std::optional<CellProgrammer>& programmer() const { return programmer_; }
  /// When each image was started; with one in flight always 0.
  const std::vector<Cycle>& image_starts() const { return image_starts_; }

 private:
  std::vector<Register> register_map();
  void access_register(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum register_phase(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned debug_register(tlm::tlm_generic_payload& payload);
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
    std::uint64_t rounds = 0;  ///< address
    Cycle start = 0;
    std::vector<std::size_t> unread;  ///< tensors that are still to be read, by round
    std::vector<Cycle> read{};        ///< when the last row read in a round had arrived wherever it goes
  };
  /// Images that pass a round together; without rounds one.
  struct Batch {
    std::size_t first = 0;
    std::size_t images = 0;
    bool closed = false;  ///< no image joins any more
    Cycle closed_at = 0;
  };

  void start();
  void join_batch();
  void close_batch();
  void begin_run();
  void acknowledge();
  void fail();
  void wait_while_failed();
  void update_interrupt();
  void read_inputs();
  void write_outputs();
  bool wait_for_batch(std::uint64_t& run, std::size_t& batch);
  bool wait_for_image(std::size_t batch, std::size_t number);
  void wait_for_round(std::size_t batch, std::size_t round);
  bool is_open(std::size_t batch, std::size_t round) const;
  Cycle round_begin(std::size_t batch, std::size_t round) const;
  void begin_round(std::size_t batch, std::size_t round, Cycle from);
  Cycle load_weights(std::size_t round, std::uint64_t address, Cycle begin);
  void begin_image(std::size_t batch, std::size_t round, std::size_t number);
  void run_round(std::size_t batch, std::size_t round, Cycle& previous, Cycle& over);
  Cycle wait_until_through(std::size_t number, std::size_t round);

  /// One tensor of one image on its way out of system memory.
  struct Reading {
    std::size_t batch = 0;
    std::size_t round = 0;
    std::size_t number = 0;  ///< of the image
    int tensor = kNetworkInput;
    int turn_of = kNetworkInput;  ///< as StepPlan counts
  };
  void read_tensors(std::size_t batch, std::size_t round, std::size_t number, Cycle& previous);
  void read_tensor(const Reading& reading, Cycle& previous);
  void send_input_row(const Reading& reading, int y, Row& row, Cycle finish);
  int turn_of(std::size_t round, std::size_t read) const;
  std::uint64_t held_address(std::size_t batch, std::size_t number, int tensor) const;

  /// One tensor of one image on its way into system memory.
  struct Writing {
    std::size_t number = 0;  ///< of the image
    int tensor = 0;
    int buffer = 0;  ///< as output_rows_ counts
    std::uint64_t address = 0;
  };
  void write_tensor(const Writing& writing, Cycle earliest, Cycle& previous);
  Cycle read_bytes(std::uint64_t address, std::vector<std::uint8_t>& data, Cycle begin);
  Cycle write_bytes(std::uint64_t address, const std::vector<std::uint8_t>& bytes, Cycle begin);
  Cycle collect(const Writing& writing, std::vector<std::uint8_t>& bytes);
  void release(const Writing& writing, Cycle cycle);
  bool is_result(int tensor) const;
  void complete(const Image& image, Cycle cycle);
  std::uint64_t in_flight() const { return images_.size() - completed_; }
  Cycle now() const;
  void wait_until(Cycle cycle);

  const WeightImage& image_;
  const MachineConfig config_;
  const sc_core::sc_time period_;
  ActivityObserver* const observer_;
  const Floorplan plan_;
  RegisterBank bank_;
  TargetPhases register_phases_;
  RunClock clock_;
  std::vector<std::unique_ptr<Tile>> tiles_;
  std::vector<LayerController*> controllers_;
  std::optional<CellProgrammer> programmer_;
  std::vector<RoundActivity> rounds_;
  RowSender input_sender_;
  tlm_utils::multi_passthrough_initiator_socket<Accelerator, 32, ExtensionProtocol<RowAccess>> output_rows_{
      "output_rows"};  ///< of what is written
  tlm_utils::multi_passthrough_initiator_socket_optional<Accelerator, 32, ExtensionProtocol<StepAccess>> steps_{
      "steps"};                           ///< of the input's rows
  std::unique_ptr<StepBarrier> barrier_;  ///< null where layers do not take turns
  sc_core::sc_time origin_;               ///< of the run
  sc_core::sc_event started_{"started"};
  sc_core::sc_event reset_{"reset"};
  sc_core::sc_event status_changed_{"status_changed"};
  sc_core::sc_event input_read_event_{"input_read"};
  sc_core::sc_event round_begins_event_{"round_begins"};
  std::uint64_t runs_ = 0;
  std::vector<Batch> batches_;        ///< of the run
  std::vector<Cycle> round_begins_;   ///< of the run: batch by batch, round by round
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
