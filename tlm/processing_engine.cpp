#include "tlm/processing_engine.h"

#include <utility>

namespace reprise {

ProcessingEngine::ProcessingEngine(const sc_core::sc_module_name& name, int number, EngineSchedule schedule)
    : sc_module(name), number_(number), schedule_(std::move(schedule)) {
  socket.register_b_transport(this, &ProcessingEngine::transport);
}

void ProcessingEngine::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  EngineJob* job = payload.get_extension<EngineJob>();
  if (job == nullptr || !payload.is_write()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  job->cycles.resize(job->windows);
  for (std::size_t window = 0; window < job->windows; ++window) {
    const Cycle cycles = schedule_.window_cycles(job->live_bits + window * job->row_groups);
    job->cycles[window] = cycles;
    busy_cycles_ += cycles;
  }
  const EngineSchedule::Work work = schedule_.work(job->live_bit_sums, job->windows);
  work_.events += work.events;
  work_.activations += work.activations;
  work_.dropped_activations += work.dropped_activations;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace reprise
