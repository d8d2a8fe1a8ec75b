#pragma once

#include <systemc>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "tlm/row_transfer.h"

namespace reprise {

/// Tells when all packets of a row have arrived wherever they go.
struct RowDelivery {
  std::size_t missing = 0;              ///< packets
  Cycle latest = 0;                     ///< arrival so far
  std::function<void(Cycle)> complete;  ///< called once, in the kernel: must not wait
};

/// Windows of one row on their way to one layer buffer: docs/machine.md, section 5, Links.
struct Packet {
  BufferAddress destination;
  int layer = 0;             ///< that made them, or kNetworkInput
  std::size_t consumer = 0;  ///< of that layer
  int row = 0;               ///< as RowTransfer counts them
  int column = 0;            ///< first window
  int columns = 1;           ///< windows
  Cycle flits = 1;
  Cycle made = 0;                                             ///< when its windows were finished
  std::shared_ptr<const std::vector<std::uint8_t>> row_data;  ///< what the windows are part of
  std::size_t first_byte = 0;                                 ///< of the windows in row_data
  std::size_t bytes = 0;                                      ///< may be 0 in tests of time alone
  std::shared_ptr<RowDelivery> delivery;                      ///< may be null
};

/// The far end of a link of the mesh: is told of a packet when its head is on the link, by which `head` is the present
/// cycle. The packet's other flits follow without a gap.
class PacketSink : public virtual sc_core::sc_interface {
 public:
  virtual void accept(const Packet& packet, Cycle head) = 0;
};

/// The near end of a link: gets a place at the far end back.
class PlaceSink : public virtual sc_core::sc_interface {
 public:
  /// From cycle `from` on, which lies ahead. The cycles of one link do not decrease.
  virtual void place_left(Cycle from) = 0;
};

/// Takes packets from layers and sends each when its turn comes.
class PacketSource : public virtual sc_core::sc_interface {
 public:
  /// The packet may be on the link from the cycle in which it was made on. That has not passed.
  virtual void inject(const Packet& packet) = 0;
};

/// A layer buffer as packets see it.
class WindowSink : public virtual sc_core::sc_interface {
 public:
  /// The packet's windows are here from cycle `arrival` on, which may lie ahead.
  virtual void windows_arrive(const Packet& packet, Cycle arrival) = 0;
};

/// What a link did, over all images so far.
struct LinkActivity {
  std::uint64_t packets = 0;
  Cycle busy_cycles = 0;     ///< flits
  Cycle waiting_cycles = 0;  ///< of packets that might have been sent

  /// A packet that might have been sent from `ready` on is sent from `start` on.
  void count(const Packet& packet, Cycle ready, Cycle start) {
    ++packets;
    busy_cycles += packet.flits;
    waiting_cycles += start - ready;
  }
};

}  // namespace reprise
