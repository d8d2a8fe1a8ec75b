#pragma once

#include <systemc>
#include <tlm>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace reprise::test {

/// An approximately-timed initiator: sends requests by non-blocking transport and follows their phases to the end. It
/// takes its time with END_RESP where told to.
class AtInitiator final : public sc_core::sc_module, private tlm::tlm_bw_transport_if<>, private tlm::tlm_mm_interface {
 public:
  tlm::tlm_initiator_socket<> socket{"socket"};
  sc_core::sc_time response_takes;  ///< before END_RESP; zero: at once
  sc_core::sc_time ahead;           ///< the time that it annotates on BEGIN_REQ

  explicit AtInitiator(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
  }
  ~AtInitiator() override {
    for (auto& entry : requests_) entry.first->set_mm(nullptr);
  }

  struct Answer {
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
    bool complete = false;
    bool early = false;           ///< in the call that made the request
    sc_core::sc_time accepted{};  ///< when END_REQ came, if it came
    sc_core::sc_time came{};      ///< when the answer did, in the initiator's time
  };
  /// Returns when the request phase is over. The answer is in `answer` once `done` is notified.
  void send(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes, Answer& answer) {
    auto* payload = new tlm::tlm_generic_payload(this);
    payload->acquire();
    payload->set_command(command);
    payload->set_address(address);
    payload->set_data_ptr(bytes.data());
    payload->set_data_length(static_cast<unsigned>(bytes.size()));
    payload->set_streaming_width(static_cast<unsigned>(bytes.size()));
    while (requesting_ != nullptr) wait(request_ended_);
    requesting_ = payload;
    requests_[payload] = &answer;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay = ahead;
    const tlm::tlm_sync_enum status = socket->nb_transport_fw(*payload, phase, delay);
    if (status == tlm::TLM_COMPLETED) {
      answer.early = true;
      end_request(*payload);
      finish(*payload, delay);
    } else if (status == tlm::TLM_UPDATED) {
      follow(*payload, phase);
    }
    while (requesting_ == payload) wait(request_ended_);
  }
  std::size_t open() const { return requests_.size(); }
  sc_core::sc_event done{"done"};

 private:
  void end_request(tlm::tlm_generic_payload& payload) {
    if (requesting_ != &payload) return;
    requesting_ = nullptr;
    request_ended_.notify();
  }
  /// What the phase that has come asks for.
  void follow(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    end_request(payload);
    if (phase == tlm::END_REQ) requests_.at(&payload)->accepted = sc_core::sc_time_stamp();
    if (phase != tlm::BEGIN_RESP) return;
    sc_core::sc_spawn([this, &payload] {
      if (response_takes > sc_core::SC_ZERO_TIME) wait(response_takes);
      tlm::tlm_phase end = tlm::END_RESP;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      socket->nb_transport_fw(payload, end, delay);
      finish(payload, sc_core::SC_ZERO_TIME);
    });
  }
  void finish(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay) {
    Answer& answer = *requests_.at(&payload);
    answer.status = payload.get_response_status();
    answer.complete = true;
    answer.came = sc_core::sc_time_stamp() + delay;
    requests_.erase(&payload);
    payload.release();
    done.notify(sc_core::SC_ZERO_TIME);
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& /*delay*/) override {
    if (phase == tlm::BEGIN_RESP && response_takes == sc_core::SC_ZERO_TIME) {
      end_request(payload);
      finish(payload, sc_core::SC_ZERO_TIME);
      return tlm::TLM_COMPLETED;
    }
    follow(payload, phase);
    return tlm::TLM_ACCEPTED;
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  void free(tlm::tlm_generic_payload* payload) override { delete payload; }

  const tlm::tlm_generic_payload* requesting_ = nullptr;  ///< the one whose request phase it is
  sc_core::sc_event request_ended_{"request_ended"};
  std::map<tlm::tlm_generic_payload*, Answer*> requests_;
};

}  // namespace reprise::test
