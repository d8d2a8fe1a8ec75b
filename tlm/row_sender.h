#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <vector>

#include "tlm/events.h"
#include "tlm/row_transfer.h"

namespace reprise {

/// Sends finished rows through the router to the buffers of their consumers.
class RowSender {
 public:
  tlm_utils::simple_initiator_socket<RowSender> socket{"output"};

  RowSender(std::vector<BufferAddress> consumers, int link_bytes_per_cycle);

  /// Blocks until all consumers know when row `row` may begin; the latest such cycle.
  Cycle credit(int row);
  /// row.ready holds the finish times. Counts router.hop into `events`.
  void send(const Row& row, int channels, EventCounts& events);

 private:
  const std::vector<BufferAddress> consumers_;
  const Cycle link_bytes_per_cycle_;
};

}  // namespace reprise
