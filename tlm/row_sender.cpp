#include "tlm/row_sender.h"

#include <algorithm>
#include <utility>

#include "tlm/machine_config.h"
#include "tlm/transport.h"

namespace reprise {

RowSender::RowSender(std::vector<BufferAddress> consumers, int link_bytes_per_cycle)
    : consumers_(std::move(consumers)), link_bytes_per_cycle_(static_cast<Cycle>(link_bytes_per_cycle)) {}

RowSender::Credit RowSender::credit(int row) {
  Credit latest;
  for (std::size_t consumer = 0; consumer < consumers_.size(); ++consumer) {
    RowTransfer transfer;
    transfer.destination = consumers_[consumer];
    transfer.row.index = row;
    transport_extension(*socket.operator->(), tlm::TLM_IGNORE_COMMAND, transfer);
    if (transfer.credit > latest.cycle) latest = {transfer.credit, consumer};
  }
  return latest;
}

Cycle RowSender::send(const Row& row, int channels, EventCounts& events) {
  const Cycle serialisation = ceil_divide(static_cast<Cycle>(channels), link_bytes_per_cycle_);
  Cycle arrived = row.ready.back();
  for (const BufferAddress& consumer : consumers_) {
    RowTransfer transfer;
    transfer.destination = consumer;
    transfer.row = row;
    transfer.row.made = row.ready;
    for (Cycle& cycle : transfer.row.ready) cycle += serialisation;
    const std::size_t bytes = row.data.size();
    transport_extension(*socket.operator->(), tlm::TLM_WRITE_COMMAND, transfer, transfer.row.data);
    events[Event::router_hop] += bytes * static_cast<std::uint64_t>(transfer.hops);
    arrived = std::max(arrived, transfer.arrived);
  }
  return arrived;
}

}  // namespace reprise
