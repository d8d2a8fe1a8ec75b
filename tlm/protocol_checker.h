#pragma once

#include <systemc>
#include <tlm>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace reprise {

/// What the base protocol of IEEE 1666-2011 asks of an initiator and a target, watched on one link.
///
/// Models       payloads as an initiator has to fill them in, and what a target may change of them; the order of
/// phases,
///              and the exclusion rules; status and return values. Each `began` is followed by its `ended`.
/// Leaves out   extensions, and the rules on memory management other than the reference to a payload.
/// Errors       never stops anything: what is against the rules is kept in violations().
class ProtocolRules {
 public:
  explicit ProtocolRules(std::string name) : name_(std::move(name)) {}

  /// The attributes that a target has to leave alone.
  struct Attributes {
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    std::uint64_t address = 0;
    const unsigned char* data = nullptr;
    unsigned length = 0;
    const unsigned char* enables = nullptr;
    unsigned enables_length = 0;
    unsigned streaming_width = 0;
    std::vector<unsigned char> bytes;  ///< of a write
  };

  Attributes blocking_began(const tlm::tlm_generic_payload& payload);
  void blocking_ended(const Attributes& before, const tlm::tlm_generic_payload& payload,
                      const sc_core::sc_time& time_before, const sc_core::sc_time& time_after);
  void forward_began(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void forward_ended(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& before, const tlm::tlm_phase& after,
                     tlm::tlm_sync_enum status);
  void backward_began(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase);
  void backward_ended(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& before,
                      const tlm::tlm_phase& after, tlm::tlm_sync_enum status);
  void debug_ended(const tlm::tlm_generic_payload& payload, unsigned bytes);
  void direct_memory_ended(const tlm::tlm_generic_payload& payload, bool granted, const tlm::tlm_dmi& dmi);

  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t transactions() const { return transactions_; }  ///< blocking ones, and BEGIN_REQs
  std::size_t in_flight() const { return phases_.size(); }      ///< non-blocking ones

 private:
  enum class Phase { request, request_accepted, response };
  struct Open {
    Phase phase = Phase::request;
    Attributes attributes;
  };

  void check_request(const tlm::tlm_generic_payload& payload);
  void check_response(const Attributes& before, const tlm::tlm_generic_payload& payload);
  void begin_request(const tlm::tlm_generic_payload& payload);
  void begin_response(const tlm::tlm_generic_payload& payload);
  void end_request(const tlm::tlm_generic_payload& payload);
  void end_response(const tlm::tlm_generic_payload& payload);
  void complete(const tlm::tlm_generic_payload& payload);
  void violate(const tlm::tlm_generic_payload& payload, const std::string& what);

  const std::string name_;
  std::map<const tlm::tlm_generic_payload*, Open> phases_;
  std::vector<std::string> violations_;
  std::uint64_t transactions_ = 0;
};

/// A link between an initiator and a target that lets everything through as it is and holds it against ProtocolRules.
/// With two widths it also joins sockets of different widths, whose payloads are the same.
template <unsigned kInitiatorWidth = 32, unsigned kTargetWidth = kInitiatorWidth>
class ProtocolChecker final : public sc_core::sc_module,
                              private tlm::tlm_fw_transport_if<>,
                              private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<kInitiatorWidth> target{"target"};        ///< bind the initiator here
  tlm::tlm_initiator_socket<kTargetWidth> initiator{"initiator"};  ///< bind this to the target

  explicit ProtocolChecker(const sc_core::sc_module_name& name) : sc_module(name), rules_(this->name()) {
    target.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
    initiator.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
  }

  const ProtocolRules& rules() const { return rules_; }

 private:
  using Payload = tlm::tlm_generic_payload;

  void b_transport(Payload& payload, sc_core::sc_time& delay) override {
    const sc_core::sc_time before = sc_core::sc_time_stamp() + delay;
    const ProtocolRules::Attributes attributes = rules_.blocking_began(payload);
    initiator->b_transport(payload, delay);
    rules_.blocking_ended(attributes, payload, before, sc_core::sc_time_stamp() + delay);
  }
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
    const tlm::tlm_phase before = phase;
    rules_.forward_began(payload, before);
    const tlm::tlm_sync_enum status = initiator->nb_transport_fw(payload, phase, delay);
    rules_.forward_ended(payload, before, phase, status);
    return status;
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override {
    const tlm::tlm_phase before = phase;
    rules_.backward_began(payload, before);
    const tlm::tlm_sync_enum status = target->nb_transport_bw(payload, phase, delay);
    rules_.backward_ended(payload, before, phase, status);
    return status;
  }
  unsigned transport_dbg(Payload& payload) override {
    const unsigned bytes = initiator->transport_dbg(payload);
    rules_.debug_ended(payload, bytes);
    return bytes;
  }
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override {
    const bool granted = initiator->get_direct_mem_ptr(payload, dmi);
    rules_.direct_memory_ended(payload, granted, dmi);
    return granted;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override {
    target->invalidate_direct_mem_ptr(first, last);
  }

  ProtocolRules rules_;
};

}  // namespace reprise
