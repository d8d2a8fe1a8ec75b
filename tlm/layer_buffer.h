#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>

#include <map>

#include "tlm/activity.h"
#include "tlm/packet.h"
#include "tlm/row_transfer.h"
#include "tlm/transport.h"

namespace reprise {

/// Rows of one input of one layer, between the layer that makes them and the one that reads them.
///
/// Models       a number of rows; a row has its place from the credit for it until it is released.
/// Leaves out   banks and port conflicts.
/// Timing       none of its own: times ride on the rows (docs/machine.md, section 5).
/// Events       counted by the layers that write and read.
class LayerBuffer final : public sc_core::sc_module, public WindowSink {
 public:
  tlm_utils::simple_target_socket<LayerBuffer, 32, ExtensionProtocol<RowTransfer>> write_socket{"write_socket"};
  tlm_utils::simple_target_socket<LayerBuffer, 32, ExtensionProtocol<RowAccess>> read_socket{"read_socket"};

  struct Config {
    int layer = 0;
    int input = 0;
    int depth = 1;   ///< rows
    int height = 1;  ///< rows of the tensor
  };

  LayerBuffer(const sc_core::sc_module_name& name, Config config, ActivityObserver* observer);

  /// Forgets all rows, which must have been released: cycles and rows count from 0 again.
  void begin_run();
  void windows_arrive(const Packet& packet, Cycle arrival) override;
  const Config& config() const { return config_; }
  std::uint64_t bytes_written() const { return bytes_written_; }

 private:
  void write(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void read(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void accept(RowTransfer& transfer);
  Cycle wait_for_credit(int row);
  const Row* wait_for_row(int row, int column);
  void release(int rows, Cycle cycle);
  void leave(Row& row, Cycle released);
  void report_gone(const Row& row, Cycle released);

  const Config config_;
  ActivityObserver* const observer_;
  /// A row that was released before all its windows had come.
  struct Leaving {
    Row row;
    Cycle released = 0;
  };
  std::map<int, Row> rows_;
  std::map<int, Leaving> leaving_;
  std::uint64_t bytes_written_ = 0;
  std::vector<Cycle> released_;  ///< per row, those released so far
  sc_core::sc_event row_written_{"row_written"};
  sc_core::sc_event row_released_{"row_released"};
};

}  // namespace reprise
