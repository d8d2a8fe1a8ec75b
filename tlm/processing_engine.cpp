#include "tlm/processing_engine.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace reprise {
namespace {

const char* address_of(const void* object) {
  return static_cast<const char*>(object);
}

}  // namespace

ProcessingEngine::ProcessingEngine(const sc_core::sc_module_name& name, int number, EngineSchedule schedule)
    : sc_module(name), schedule_(std::move(schedule)), number_(number) {
  socket.register_b_transport(this, &ProcessingEngine::transport);
  places_ = {address_of(socket.operator->()) - address_of(this), address_of(&so_far_) - address_of(this)};
}

ProcessingEngine::Places ProcessingEngine::places_;

void ProcessingEngine::fetch(const tlm::tlm_fw_transport_if<ExtensionProtocol<EngineJob>>* target) {
  constexpr std::ptrdiff_t kLine = 64;
  const char* const interface = address_of(target);
  const char* const engine = interface - places_.interface;
  __builtin_prefetch(engine);
  for (std::ptrdiff_t line = 0; line < 2; ++line) __builtin_prefetch(interface + line * kLine);
  for (std::ptrdiff_t line = 0; line < 3; ++line) __builtin_prefetch(engine + places_.members + line * kLine);
}

void ProcessingEngine::trace_stages(StageTimeline timeline, ActivityObserver& observer) {
  const std::vector<bool> wanted = observer.add_pins(number_, StageTimeline::pins(), false);
  if (std::find(wanted.begin(), wanted.end(), true) == wanted.end()) return;
  timeline_ = std::make_unique<StageTimeline>(std::move(timeline));
  observer_ = &observer;
}

void ProcessingEngine::transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  EngineJob* job = payload.get_extension<EngineJob>();
  if (job == nullptr || job->so_far == nullptr || !payload.is_write()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  job->cycles.resize(job->windows);
  run(*job);
  so_far_ = job->so_far;
  cycles_ = std::accumulate(job->cycles.begin(), job->cycles.end(), cycles_);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

EngineSchedule::Work ProcessingEngine::work() const {
  return so_far_ == nullptr ? EngineSchedule::Work{} : schedule_.work(so_far_->sums(), so_far_->windows());
}

CycleCounts ProcessingEngine::causes() const {
  return so_far_ == nullptr ? CycleCounts{} : schedule_.causes(so_far_->sums(), so_far_->windows(), cycles_);
}

void ProcessingEngine::run(EngineJob& job) {
  schedule_.window_cycles(*job.activity, job.cycles);
  const bool traced = timeline_ && observer_->wants_pins(number_);
  for (std::size_t window = 0; traced && window < job.windows; ++window) {
    observer_->pin_changes(number_, timeline_->window(job.im2col + window * job.window_rows));
  }
}

}  // namespace reprise
