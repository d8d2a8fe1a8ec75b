#include "tlm/processing_engine.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace reprise {

ProcessingEngine::ProcessingEngine(const sc_core::sc_module_name& name, int number, EngineSchedule schedule)
    : sc_module(name), number_(number), schedule_(std::move(schedule)) {
  socket.register_b_transport(this, &ProcessingEngine::transport);
}

void ProcessingEngine::trace_stages(StageTimeline timeline, ActivityObserver& observer) {
  const std::vector<bool> wanted = observer.add_pins(number_, StageTimeline::pins(), false);
  if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return;
  timeline_.emplace(std::move(timeline));
  observer_ = &observer;
}

void ProcessingEngine::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  EngineJob* job = payload.get_extension<EngineJob>();
  if (job == nullptr || !payload.is_write()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  job->cycles.resize(job->windows);
  run(*job, work_);
  const Cycle cycles = std::accumulate(job->cycles.begin(), job->cycles.end(), Cycle{0});
  causes_ += schedule_.causes(job->activity->sums(), job->windows, cycles);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void ProcessingEngine::run(EngineJob& job, EngineSchedule::Work& work) {
  schedule_.window_cycles(*job.activity, job.cycles);
  const bool traced = timeline_ && observer_->wants_pins(number_);
  for (std::size_t window = 0; traced && window < job.windows; ++window) {
    observer_->pin_changes(number_, timeline_->window(job.im2col + window * job.window_rows));
  }
  work += schedule_.work(job.activity->sums(), job.windows);
}

}  // namespace reprise
