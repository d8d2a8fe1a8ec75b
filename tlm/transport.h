#pragma once

#include <memory>
#include <tlm>
#include <utility>
#include <vector>

namespace reprise {

/// Sockets inside the accelerator have protocols of their own, one for each kind of extension: generic payloads,
/// blocking transport alone, and an extension without which a transaction means nothing. So they are not sockets of the
/// base protocol, and cannot be bound to one or to one another.
template <class Extension>
struct ExtensionProtocol {
  using tlm_payload_type = tlm::tlm_generic_payload;
  using tlm_phase_type = tlm::tlm_phase;
};

/// A payload for transactions that carry `extension`. It is taken from those of transactions that are over: to
/// make one, with its array of extensions, takes longer than most transactions here.
class RecycledPayload {
 public:
  template <class Extension>
  explicit RecycledPayload(Extension& extension) : extension_(Extension::ID) {
    if (spare().empty()) {
      payload_ = std::make_unique<tlm::tlm_generic_payload>();
    } else {
      payload_ = std::move(spare().back());
      spare().pop_back();
    }
    payload_->set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    payload_->set_extension(extension_, &extension);
  }
  ~RecycledPayload() {
    payload_->set_extension(extension_, nullptr);
    spare().push_back(std::move(payload_));
  }
  RecycledPayload(const RecycledPayload&) = delete;
  RecycledPayload& operator=(const RecycledPayload&) = delete;

  tlm::tlm_generic_payload& operator*() { return *payload_; }

 private:
  static std::vector<std::unique_ptr<tlm::tlm_generic_payload>>& spare() {
    static std::vector<std::unique_ptr<tlm::tlm_generic_payload>> payloads;
    return payloads;
  }

  unsigned extension_;
  std::unique_ptr<tlm::tlm_generic_payload> payload_;
};

/// One blocking transaction inside the accelerator, of a payload that carries an extension.
/// A refused one is a fault of the model and is reported as a fatal SystemC error.
inline void transport_payload(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command,
                              tlm::tlm_generic_payload& payload, std::vector<unsigned char>& data) {
  payload.set_command(command);
  payload.set_data_ptr(data.data());
  payload.set_data_length(static_cast<unsigned>(data.size()));
  payload.set_streaming_width(static_cast<unsigned>(data.size()));
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  target.b_transport(payload, delay);
  if (!payload.is_response_ok()) {
    SC_REPORT_FATAL("/reprise/tlm/transport", payload.get_response_string().c_str());
  }
}

/// The same, of a payload of its own.
template <class Extension>
void transport_extension(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command, Extension& extension,
                         std::vector<unsigned char>& data) {
  RecycledPayload payload(extension);
  transport_payload(target, command, *payload, data);
}

/// The same without data.
template <class Extension>
void transport_extension(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command, Extension& extension) {
  std::vector<unsigned char> no_data;
  transport_extension(target, command, extension, no_data);
}

}  // namespace reprise
