#include "tlm/packet_delivery.h"

#include <algorithm>

namespace reprise {

PacketDelivery::PacketDelivery(const sc_core::sc_module_name& name) : sc_module(name) {}

void PacketDelivery::accept(const Packet& packet, Cycle head) {
  const Cycle arrival = head + packet.flits;
  buffers[packet.destination.port]->windows_arrive(packet, arrival);
  if (packet.delivery == nullptr) return;
  RowDelivery& row = *packet.delivery;
  row.latest = std::max(row.latest, arrival);
  if (--row.missing == 0) row.complete(row.latest);
}

}  // namespace reprise
