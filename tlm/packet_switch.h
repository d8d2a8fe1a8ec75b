#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "tlm/packet.h"

namespace reprise {

/// When packets leave a router: docs/machine.md, section 5, Links. Flits are counted, not moved.
class PacketSwitch {
 public:
  enum Side : std::size_t { east, west, north, south, local, kSides };  ///< in the order of priority

  struct Config {
    int tile = 0;
    int mesh_columns = 1;
    int router_cycles = 4;   ///< at least 1
    int buffer_packets = 4;  ///< places of each input, here and in the neighbours; at least 1
  };
  explicit PacketSwitch(const Config& config);

  /// The head of `packet` is on the link of that input in cycle `head`. Calls come in the order of cycles.
  void arrive(Side input, const Packet& packet, Cycle head);
  /// A place at the other end of `output` may be used from cycle `from` on.
  void place_left(Side output, Cycle from);

  /// A packet that begins to be sent.
  struct Departure {
    Side input = local;
    Side output = local;
    Packet packet;
    Cycle ready = 0;  ///< since when it might have been
  };
  /// What the outputs begin to send in `cycle`. Cycles before that have been asked for where next() says so.
  std::vector<Departure> depart(Cycle cycle);
  /// The earliest cycle in which something can leave, as far as is known.
  std::optional<Cycle> next() const;

  /// Once nothing is under way: cycles count from 0 again.
  void begin_run();
  /// Whether nothing is in the router, and all places are there.
  bool idle() const;

 private:
  struct Waiting {
    Packet packet;
    Cycle head = 0;
    Side output = local;
  };
  struct Input {
    std::deque<Waiting> queue;
    Cycle free = 0;  ///< when the packet before the first has left
  };
  struct Output {
    Cycle free = 0;            ///< from when it sends nothing
    int places = 0;            ///< for use now
    std::deque<Cycle> coming;  ///< from when further ones are
  };

  Side towards(int tile) const;
  Cycle ready(const Waiting& waiting) const { return waiting.head + static_cast<Cycle>(config_.router_cycles); }
  /// When the first packet of an input can leave, as far as is known.
  std::optional<Cycle> earliest(const Input& input) const;
  std::optional<Side> chosen(Side output, Cycle cycle) const;
  Departure send(Side input, Cycle cycle);

  const Config config_;
  std::array<Input, kSides> inputs_;
  std::array<Output, kSides> outputs_;
};

/// "east", "west", "north", "south", "local".
const char* side_name(PacketSwitch::Side side);

}  // namespace reprise
