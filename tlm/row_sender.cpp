#include "tlm/row_sender.h"

#include <algorithm>
#include <utility>

#include "tlm/machine_config.h"
#include "tlm/transport.h"

namespace reprise {

RowSender::RowSender(std::vector<BufferAddress> consumers, int link_bytes_per_cycle)
    : consumers_(std::move(consumers)), link_bytes_per_cycle_(static_cast<Cycle>(link_bytes_per_cycle)) {}

Cycle RowSender::credit(int row) {
  Cycle latest = 0;
  for (const BufferAddress& consumer : consumers_) {
    RowTransfer transfer;
    transfer.destination = consumer;
    transfer.row.index = row;
    transport_extension(*socket.operator->(), tlm::TLM_IGNORE_COMMAND, transfer);
    latest = std::max(latest, transfer.credit);
  }
  return latest;
}

void RowSender::send(const Row& row, int channels, EventCounts& events) {
  const Cycle serialisation = ceil_divide(static_cast<Cycle>(channels), link_bytes_per_cycle_);
  for (const BufferAddress& consumer : consumers_) {
    RowTransfer transfer;
    transfer.destination = consumer;
    transfer.row = row;
    for (Cycle& cycle : transfer.row.ready) cycle += serialisation;
    const std::size_t bytes = row.data.size();
    transport_extension(*socket.operator->(), tlm::TLM_WRITE_COMMAND, transfer, transfer.row.data);
    events[Event::router_hop] += bytes * static_cast<std::uint64_t>(transfer.hops);
  }
}

}  // namespace reprise
