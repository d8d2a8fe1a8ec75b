#include "tlm/router.h"

namespace reprise {

Router::Router(const sc_core::sc_module_name& name, Config config) : sc_module(name), config_(config) {
  input.register_b_transport(this, &Router::transport);
}

void Router::transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  RowTransfer* transfer = payload.get_extension<RowTransfer>();
  if (transfer == nullptr) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  if (payload.is_write()) {
    transfer->hops += 1;
    for (Cycle& cycle : transfer->row.ready) cycle += static_cast<Cycle>(config_.router_cycles);
  }
  const BufferAddress& destination = transfer->destination;
  if (destination.tile == config_.tile) {
    if (destination.port < 0 || destination.port >= static_cast<int>(buffers.size())) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    buffers[destination.port]->b_transport(payload, delay);
    return;
  }
  Output& output = towards(destination.tile);
  if (output.size() == 0) {  // beyond the edge of the mesh
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  output[0]->b_transport(payload, delay);
}

Router::Output& Router::towards(int tile) {
  const int dx = tile % config_.mesh_columns - config_.tile % config_.mesh_columns;
  const int dy = tile / config_.mesh_columns - config_.tile / config_.mesh_columns;
  if (dx != 0) return neighbour[dx > 0 ? east : west];
  return neighbour[dy > 0 ? south : north];
}

}  // namespace reprise
