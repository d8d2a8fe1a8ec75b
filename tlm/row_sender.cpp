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

Cycle RowSender::send(Row& row, int channels, EventCounts& events) {
  return pass_on(row, ceil_divide(static_cast<Cycle>(channels), link_bytes_per_cycle_), events);
}

void RowSender::announce(Row& row, int channels, int layer, std::size_t packet_count, EventCounts& events,
                         std::function<void(Cycle)> arrived) {
  window_bytes_ = static_cast<std::size_t>(channels);
  packet_.layer = layer;
  packet_.row = row.index;
  packet_.row_data = std::make_shared<const std::vector<std::uint8_t>>(row.data);
  packet_.delivery = std::make_shared<RowDelivery>();
  packet_.delivery->missing = packet_count * consumers_.size();
  packet_.delivery->complete = std::move(arrived);
  pass_on(row, 0, events);
}

void RowSender::send_windows(int column, int columns, Cycle made) {
  packet_.column = column;
  packet_.columns = columns;
  packet_.made = made;
  packet_.first_byte = static_cast<std::size_t>(column) * window_bytes_;
  packet_.bytes = static_cast<std::size_t>(columns) * window_bytes_;
  packet_.flits = ceil_divide(packet_.bytes, link_bytes_per_cycle_);
  for (packet_.consumer = 0; packet_.consumer < consumers_.size(); ++packet_.consumer) {
    packet_.destination = consumers_[packet_.consumer];
    packets->inject(packet_);
  }
}

Cycle RowSender::pass_on(Row& row, Cycle serialisation, EventCounts& events) {
  Cycle arrived = row.ready.back();
  row.made = row.ready;
  for (Cycle& cycle : row.ready) cycle += serialisation;
  const std::size_t bytes = row.data.size();
  for (std::size_t consumer = 0; consumer < consumers_.size(); ++consumer) {
    RowTransfer transfer;
    transfer.destination = consumers_[consumer];
    if (consumer + 1 < consumers_.size()) {
      transfer.row = row;
    } else {
      transfer.row = std::move(row);
    }
    transport_extension(*socket.operator->(), tlm::TLM_WRITE_COMMAND, transfer, transfer.row.data);
    events[Event::router_hop] += bytes * static_cast<std::uint64_t>(transfer.hops);
    arrived = std::max(arrived, transfer.arrived);
  }
  return arrived;
}

}  // namespace reprise
