#pragma once

#include <tlm_utils/multi_passthrough_target_socket.h>
#include <systemc>

#include <vector>

#include "tlm/row_transfer.h"
#include "tlm/step_plan.h"
#include "tlm/transport.h"

namespace reprise {

/// Rides on a generic payload from what makes rows to the barrier.
///
///   TLM_READ_COMMAND   blocks until the step of the row begins; `cycle` is when.
///   TLM_WRITE_COMMAND  the row has been made and has arrived wherever it goes at `cycle`.
struct StepAccess : tlm::tlm_extension<StepAccess> {
  int layer = 0;  ///< or kNetworkInput
  int row = 0;
  Cycle cycle = 0;

  tlm::tlm_extension_base* clone() const override { return new StepAccess(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const StepAccess&>(other); }
};

/// When the step of the row begins, for which this waits; 0 where the socket is not bound: no barrier, no steps.
template <class Socket>
Cycle wait_for_turn(Socket& steps, int layer, int row) {
  if (steps.size() == 0) return 0;
  StepAccess access;
  access.layer = layer;
  access.row = row;
  transport_extension(*steps[0], tlm::TLM_READ_COMMAND, access);
  return access.cycle;
}

/// Tells the barrier, if there is one, that the row has arrived wherever it goes.
template <class Socket>
void take_turn(Socket& steps, int layer, int row, Cycle arrived) {
  if (steps.size() == 0) return;
  StepAccess access;
  access.layer = layer;
  access.row = row;
  access.cycle = arrived;
  transport_extension(*steps[0], tlm::TLM_WRITE_COMMAND, access);
}

/// Lets a step begin when all rows of the steps before it have arrived.
///
/// Models       the order of rows in sequential and synchronous execution.
/// Leaves out   the wires: layers learn of a step's beginning at once.
/// Timing       docs/machine.md, section 5, Execution.
class StepBarrier final : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket_optional<StepBarrier, 32, ExtensionProtocol<StepAccess>> socket{"socket"};

  /// @param plan  outlives the module
  StepBarrier(const sc_core::sc_module_name& name, const StepPlan& plan);

  void begin_run();

 private:
  void transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  Cycle wait_for_step(int step);
  void row_arrived(int step, Cycle cycle);

  const StepPlan& plan_;
  std::vector<int> missing_;  ///< rows that have not been made, by step
  std::size_t current_ = 0;   ///< the step that has begun
  Cycle begin_ = 0;           ///< of the current step
  Cycle latest_ = 0;          ///< arrival so far
  sc_core::sc_event step_begins_{"step_begins"};
};

}  // namespace reprise
