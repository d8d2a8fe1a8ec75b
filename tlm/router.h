#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <systemc>

#include <array>

#include "tlm/row_transfer.h"
#include "tlm/transport.h"

namespace reprise {

/// The router of one tile in the mesh: rows go first along X, then along Y, then to a buffer of the tile.
///
/// Models       path and latency.
/// Leaves out   link contention and virtual channels.
/// Timing       router_cycles a router (docs/machine.md, section 5).
/// Events       router.hop, counted by the sender from RowTransfer::hops.
class Router final : public sc_core::sc_module {
 public:
  enum Side : std::size_t { east, west, north, south, kSides };

  tlm_utils::multi_passthrough_target_socket_optional<Router, 32, ExtensionProtocol<RowTransfer>> input{"input"};
  using Output = tlm_utils::multi_passthrough_initiator_socket_optional<Router, 32, ExtensionProtocol<RowTransfer>>;
  std::array<Output, kSides> neighbour;  ///< one socket a side, bound where there is a neighbour
  Output buffers{"buffers"};             ///< by BufferAddress::port

  struct Config {
    int tile = 0;
    int mesh_columns = 1;
    int router_cycles = 4;
  };

  Router(const sc_core::sc_module_name& name, Config config);

 private:
  void transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  Output& towards(int tile);

  const Config config_;
};

}  // namespace reprise
