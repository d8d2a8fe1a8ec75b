#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstddef>
#include <vector>

#include "tlm/events.h"
#include "tlm/row_transfer.h"

namespace reprise {

/// Sends finished rows through the router to the buffers of their consumers.
class RowSender {
 public:
  tlm_utils::simple_initiator_socket<RowSender> socket{"output"};

  RowSender(std::vector<BufferAddress> consumers, int link_bytes_per_cycle);

  struct Credit {
    Cycle cycle = 0;
    std::size_t consumer = 0;  ///< the first of those that say so
  };
  /// Blocks until all consumers know when row `row` may begin; the latest such cycle.
  Credit credit(int row);
  /// row.ready holds the finish times. Counts router.hop into `events`. Says when the row has
  /// arrived everywhere.
  Cycle send(const Row& row, int channels, EventCounts& events);

  std::size_t consumers() const { return consumers_.size(); }

 private:
  const std::vector<BufferAddress> consumers_;
  const Cycle link_bytes_per_cycle_;
};

}  // namespace reprise
