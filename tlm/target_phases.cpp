#include "tlm/target_phases.h"

#include <utility>

namespace reprise {

TargetPhases::TargetPhases(const sc_core::sc_module_name& name, Completion completion, Blocking blocking,
                           Backward& backward)
    : sc_module(name), completion_(completion), blocking_(std::move(blocking)), backward_(backward) {
  SC_THREAD(serve);
}

tlm::tlm_sync_enum TargetPhases::forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                         sc_core::sc_time& delay) {
  if (phase == tlm::BEGIN_REQ) return begin_request(payload, delay);
  if (phase == tlm::END_RESP) {
    response_ended_.notify(delay);
    return tlm::TLM_COMPLETED;
  }
  return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum TargetPhases::begin_request(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (completion_ == Completion::early && open_ == 0 && delay == sc_core::SC_ZERO_TIME) {
    blocking_(payload, delay);
    return tlm::TLM_COMPLETED;
  }
  ++open_;
  if (payload.has_mm()) payload.acquire();
  requests_.notify(payload, delay);
  return tlm::TLM_ACCEPTED;
}

void TargetPhases::serve() {
  while (true) {
    tlm::tlm_generic_payload* payload = requests_.get_next_transaction();
    if (payload == nullptr) {
      wait(requests_.get_event());
      continue;
    }
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    backward_.nb_transport_bw(*payload, phase, delay);
    delay = sc_core::SC_ZERO_TIME;
    blocking_(*payload, delay);
    wait(delay);
    answer(*payload);
    --open_;
    if (payload->has_mm()) payload->release();
  }
}

/// Returns when the response has been taken.
void TargetPhases::answer(tlm::tlm_generic_payload& payload) {
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  if (backward_.nb_transport_bw(payload, phase, delay) == tlm::TLM_ACCEPTED) {
    wait(response_ended_);
  } else if (delay > sc_core::SC_ZERO_TIME) {
    wait(delay);
  }
}

}  // namespace reprise
