#pragma once

#include <memory>
#include <tlm>
#include <utility>
#include <vector>

namespace reprise {

namespace detail {

/// Payloads that wait for their next transaction: to make one takes longer than to use it.
class PayloadPool {
 public:
  using Payload = std::unique_ptr<tlm::tlm_generic_payload>;

  static PayloadPool& instance() {
    static PayloadPool pool;
    return pool;
  }

  Payload take() {
    if (idle_.empty()) return std::make_unique<tlm::tlm_generic_payload>();
    Payload payload = std::move(idle_.back());
    idle_.pop_back();
    payload->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return payload;
  }
  void give_back(Payload payload) { idle_.push_back(std::move(payload)); }

 private:
  std::vector<Payload> idle_;
};

}  // namespace detail

/// One blocking transaction inside the accelerator, carrying `extension`.
/// A refused one is a fault of the model and is reported as a fatal SystemC error.
template <class Extension>
void transport_extension(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command, Extension& extension,
                         std::vector<unsigned char>& data) {
  detail::PayloadPool& pool = detail::PayloadPool::instance();
  detail::PayloadPool::Payload payload = pool.take();
  payload->set_command(command);
  payload->set_data_ptr(data.data());
  payload->set_data_length(static_cast<unsigned>(data.size()));
  payload->set_streaming_width(static_cast<unsigned>(data.size()));
  payload->set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  target.b_transport(*payload, delay);
  payload->clear_extension(&extension);
  if (!payload->is_response_ok()) {
    SC_REPORT_FATAL("/reprise/tlm/transport", payload->get_response_string().c_str());
  }
  pool.give_back(std::move(payload));
}

/// The same without data.
template <class Extension>
void transport_extension(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command, Extension& extension) {
  std::vector<unsigned char> no_data;
  transport_extension(target, command, extension, no_data);
}

}  // namespace reprise
