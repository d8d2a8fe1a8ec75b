#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace reprise::test {

/// Sends what a test asks for and remembers how it was answered.
class StubInitiator final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<StubInitiator> socket{"socket"};

  explicit StubInitiator(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_invalidate_direct_mem_ptr(this, &StubInitiator::invalidate);
  }

  struct Options {
    std::vector<std::uint8_t> enables;  ///< none: no byte enables
    std::optional<unsigned> streaming_width;
  };
  /// The answer is also in `delay` and `dmi_hint`.
  tlm::tlm_response_status send(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes,
                                Options options = {}) {
    tlm::tlm_generic_payload payload;
    fill(payload, command, address, bytes);
    if (!options.enables.empty()) {
      payload.set_byte_enable_ptr(options.enables.data());
      payload.set_byte_enable_length(static_cast<unsigned>(options.enables.size()));
    }
    if (options.streaming_width) payload.set_streaming_width(*options.streaming_width);
    delay = sc_core::SC_ZERO_TIME;
    socket->b_transport(payload, delay);
    dmi_hint = payload.is_dmi_allowed();
    address_after = payload.get_address();
    return payload.get_response_status();
  }
  tlm::tlm_response_status write(std::uint64_t address, std::vector<std::uint8_t> bytes, Options options = {}) {
    return send(tlm::TLM_WRITE_COMMAND, address, bytes, std::move(options));
  }
  /// The answer is also in `data`.
  tlm::tlm_response_status read(std::uint64_t address, std::size_t length, Options options = {}) {
    data.assign(length, 0xEE);
    return send(tlm::TLM_READ_COMMAND, address, data, std::move(options));
  }
  unsigned debug(tlm::tlm_command command, std::uint64_t address, std::vector<std::uint8_t>& bytes) {
    tlm::tlm_generic_payload payload;
    fill(payload, command, address, bytes);
    return socket->transport_dbg(payload);
  }
  bool dmi(std::uint64_t address, tlm::tlm_dmi& answer) {
    std::vector<std::uint8_t> none;
    tlm::tlm_generic_payload payload;
    fill(payload, tlm::TLM_READ_COMMAND, address, none);
    return socket->get_direct_mem_ptr(payload, answer);
  }

  sc_core::sc_time delay;
  bool dmi_hint = false;
  std::uint64_t address_after = 0;
  std::vector<std::uint8_t> data;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> invalidated;

 private:
  static void fill(tlm::tlm_generic_payload& payload, tlm::tlm_command command, std::uint64_t address,
                   std::vector<std::uint8_t>& bytes) {
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(bytes.data());
    payload.set_data_length(static_cast<unsigned>(bytes.size()));
    payload.set_streaming_width(static_cast<unsigned>(bytes.size()));
  }
  void invalidate(sc_dt::uint64 first, sc_dt::uint64 last) { invalidated.emplace_back(first, last); }
};

}  // namespace reprise::test
