#include "tlm/step_barrier.h"

#include <algorithm>

namespace reprise {

StepBarrier::StepBarrier(const sc_core::sc_module_name& name, const StepPlan& plan) : sc_module(name), plan_(plan) {
  socket.register_b_transport(this, &StepBarrier::transport);
}

void StepBarrier::begin_run() {
  missing_ = plan_.rows;
  current_ = 0;
  begin_ = 0;
  latest_ = 0;
}

void StepBarrier::transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  StepAccess* access = payload.get_extension<StepAccess>();
  if (access == nullptr) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  const int step = plan_.step(access->layer, access->row);
  if (payload.is_read()) {
    access->cycle = wait_for_step(step);
  } else {
    row_arrived(step, access->cycle);
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

Cycle StepBarrier::wait_for_step(int step) {
  while (current_ < static_cast<std::size_t>(step)) sc_core::wait(step_begins_);
  return begin_;
}

void StepBarrier::row_arrived(int step, Cycle cycle) {
  latest_ = std::max(latest_, cycle);
  --missing_[static_cast<std::size_t>(step)];
  if (missing_[current_] > 0 || current_ + 1 == missing_.size()) return;
  ++current_;
  begin_ = latest_;
  step_begins_.notify();
}

}  // namespace reprise
