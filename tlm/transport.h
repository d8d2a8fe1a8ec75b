#pragma once

#include <tlm>
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

/// One blocking transaction inside the accelerator, carrying `extension`.
/// A refused one is a fault of the model and is reported as a fatal SystemC error.
template <class Extension>
void transport_extension(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command, Extension& extension,
                         std::vector<unsigned char>& data) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_data_ptr(data.data());
  payload.set_data_length(static_cast<unsigned>(data.size()));
  payload.set_streaming_width(static_cast<unsigned>(data.size()));
  payload.set_extension(&extension);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  target.b_transport(payload, delay);
  payload.clear_extension(&extension);
  if (!payload.is_response_ok()) {
    SC_REPORT_FATAL("/reprise/tlm/transport", payload.get_response_string().c_str());
  }
}

/// The same without data.
template <class Extension>
void transport_extension(tlm::tlm_blocking_transport_if<>& target, tlm::tlm_command command, Extension& extension) {
  std::vector<unsigned char> no_data;
  transport_extension(target, command, extension, no_data);
}

}  // namespace reprise
