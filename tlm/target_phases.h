#pragma once

#include <tlm_utils/peq_with_get.h>
#include <systemc>
#include <tlm>

#include <functional>

namespace reprise {

/// The phases of non-blocking transport around a target's blocking transport.
///
/// Models       early: a request that comes at its own time, while no other is under way, is answered in the call
///              (TLM_COMPLETED), and what it takes is in `delay`. All others have four phases, in the order of their
///              times: END_REQ when the target turns to the request, so that the next one has to wait until then;
///              BEGIN_RESP when the access has taken its time; the target turns to the next request after END_RESP.
/// Leaves out   requests side by side.
/// Errors       other phases are ignored.
class TargetPhases final : public sc_core::sc_module {
 public:
  enum class Completion { early, phased };
  using Blocking = std::function<void(tlm::tlm_generic_payload&, sc_core::sc_time&)>;
  using Backward = tlm::tlm_bw_transport_if<>;

  SC_HAS_PROCESS(TargetPhases);
  /// @param blocking  does not wait where no time is in `delay`
  /// @param backward  the target socket's
  TargetPhases(const sc_core::sc_module_name& name, Completion completion, Blocking blocking, Backward& backward);

  /// The target's nb_transport_fw.
  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);

 private:
  tlm::tlm_sync_enum begin_request(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void serve();
  void answer(tlm::tlm_generic_payload& payload);

  const Completion completion_;
  const Blocking blocking_;
  Backward& backward_;
  tlm_utils::peq_with_get<tlm::tlm_generic_payload> requests_{"requests"};
  int open_ = 0;  ///< requests that have come and have not been answered
  sc_core::sc_event response_ended_{"response_ended"};
};

}  // namespace reprise
