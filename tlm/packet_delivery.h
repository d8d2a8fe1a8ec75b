#pragma once

#include <systemc>

#include "tlm/packet.h"

namespace reprise {

/// The link from a tile's router to its layer buffers.
///
/// Models       arrival, with a packet's last flit.
/// Leaves out   ports of the buffers: they take whatever comes.
/// Timing       docs/machine.md, section 5, Links.
class PacketDelivery final : public sc_core::sc_module, public PacketSink {
 public:
  sc_core::sc_port<WindowSink, 0, sc_core::SC_ZERO_OR_MORE_BOUND> buffers{"buffers"};  ///< by BufferAddress::port

  explicit PacketDelivery(const sc_core::sc_module_name& name);

  void accept(const Packet& packet, Cycle head) override;
};

}  // namespace reprise
