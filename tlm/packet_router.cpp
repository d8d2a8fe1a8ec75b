#include "tlm/packet_router.h"

#include <optional>

namespace reprise {

PacketRouter::PacketRouter(const sc_core::sc_module_name& name, const PacketSwitch::Config& config,
                           const RunClock& clock)
    : sc_module(name), config_(config), clock_(clock), switch_(config) {
  for (std::size_t i = 0; i < kSides; ++i) {
    input_links_[i].router = output_links_[i].router = this;
    input_links_[i].side = output_links_[i].side = static_cast<Side>(i);
    input[i].bind(input_links_[i]);
    place[i].bind(output_links_[i]);
  }
  SC_METHOD(depart);
  sensitive << departure_;
  dont_initialize();
}

void PacketRouter::connect(Side side, PacketRouter& next) {
  output[side].bind(next.input[opposite(side)]);
  next.input_place[opposite(side)].bind(place[side]);
}

void PacketRouter::arrive(Side side, const Packet& packet, Cycle head) {
  switch_.arrive(side, packet, head);
  wake();
}

void PacketRouter::place_left(Side side, Cycle from) {
  switch_.place_left(side, from);
  wake();
}

void PacketRouter::depart() {
  const Cycle now = clock_.now();
  for (const PacketSwitch::Departure& departure : switch_.depart(now)) {
    activity_[departure.output].count(departure.packet, departure.ready, now);
    if (input_place[departure.input].size() != 0) {
      input_place[departure.input]->place_left(now + departure.packet.flits);
    }
    output[departure.output]->accept(departure.packet, now);
  }
  wake();
}

/// A notification that lies ahead gives way to an earlier one.
void PacketRouter::wake() {
  const std::optional<Cycle> next = switch_.next();
  if (next) departure_.notify(clock_.until(*next));
}

PacketSwitch::Side opposite(PacketSwitch::Side side) {
  switch (side) {
    case PacketSwitch::east:
      return PacketSwitch::west;
    case PacketSwitch::west:
      return PacketSwitch::east;
    case PacketSwitch::north:
      return PacketSwitch::south;
    case PacketSwitch::south:
      return PacketSwitch::north;
    default:
      return side;
  }
}

}  // namespace reprise
