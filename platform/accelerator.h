#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <systemc>

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
#include "tlm/tile.h"

namespace reprise {

/// Of a cycle, rounded to the kernel's time resolution.
sc_core::sc_time clock_period(const MachineConfig& config);

/// The accelerator as its surroundings see it: registers, a DMA port to system memory and an interrupt line.
///
/// Models       docs/machine.md; inside, a mesh of tiles with the network of a weight image.
/// Leaves out   several images in flight; recovery from a bus error of the DMA (further starts are refused).
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

 private:
  std::vector<Register> register_map();
  void connect_mesh();
  void connect_layers();
  void control_written(std::uint64_t value);
  void start();
  void fail();
  void update_interrupt();
  void read_input();
  void write_output();
  Cycle collect_output(std::vector<std::uint8_t>& bytes);
  void wait_until(Cycle cycle);

  const WeightImage& image_;
  const MachineConfig config_;
  const sc_core::sc_time period_;
  ActivityObserver* const observer_;
  const Floorplan plan_;
  RegisterBank bank_;
  std::vector<std::unique_ptr<Tile>> tiles_;
  std::vector<LayerController*> controllers_;
  RowSender input_sender_;
  tlm_utils::simple_initiator_socket<Accelerator> output_rows_{"output_rows"};
  sc_core::sc_time origin_;  ///< of the current image
  sc_core::sc_event started_{"started"};
  sc_core::sc_event status_changed_{"status_changed"};
  std::optional<Cycle> input_read_;  ///< of the current image: the cycle in which the DMA had its last row
  sc_core::sc_event input_read_event_{"input_read"};
  bool busy_ = false;
  bool done_ = false;
  bool error_ = false;
  bool failed_ = false;  ///< a bus error: no further image
  std::uint64_t image_cycles_ = 0;
  std::uint64_t images_ = 0;
  EventCounts input_output_events_;
};

}  // namespace reprise
