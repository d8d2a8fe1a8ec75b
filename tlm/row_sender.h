#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "tlm/events.h"
#include "tlm/packet.h"
#include "tlm/row_transfer.h"
#include "tlm/transport.h"

namespace reprise {

/// Sends finished rows through the router to the buffers of their consumers.
class RowSender {
 public:
  tlm_utils::simple_initiator_socket<RowSender, 32, ExtensionProtocol<RowTransfer>> socket{"output"};

  /// Bound where links contend.
  sc_core::sc_port<PacketSource, 1, sc_core::SC_ZERO_OR_MORE_BOUND> packets{"packets"};

  RowSender(std::vector<BufferAddress> consumers, int link_bytes_per_cycle);

  /// Where rows go from now on.
  void send_to(const std::vector<BufferAddress>& consumers) { consumers_ = consumers; }

  struct Credit {
    Cycle cycle = 0;
    std::size_t consumer = 0;  ///< the first of those that say so
  };
  /// Blocks until all consumers know when row `row` may begin; the latest such cycle.
  Credit credit(int row);
  /// row.ready holds the finish times. Counts router.hop into `events`. Says when the row has
  /// arrived everywhere. The row is used up.
  Cycle send(Row& row, int channels, EventCounts& events);

  /// Whether rows go by announce() and send_windows() instead of send().
  bool contends() const { return packets.size() != 0; }
  /// What the row will hold; its windows follow in `packet_count` calls of send_windows(). `arrived` is called in the
  /// kernel when all of them are wherever they go; not where there is no consumer. The row is used up.
  void announce(Row& row, int channels, int layer, std::size_t packet_count, EventCounts& events,
                std::function<void(Cycle)> arrived);
  /// Windows of the row announced last that are finished at `made`, which lies ahead, in one packet to each consumer.
  void send_windows(int column, int columns, Cycle made);

  std::size_t consumers() const { return consumers_.size(); }

 private:
  Cycle pass_on(Row& row, Cycle serialisation, EventCounts& events);

  std::vector<BufferAddress> consumers_;
  const Cycle link_bytes_per_cycle_;
  Packet packet_;                 ///< of the row announced last, its windows apart
  std::size_t window_bytes_ = 0;  ///< of that row
};

}  // namespace reprise
