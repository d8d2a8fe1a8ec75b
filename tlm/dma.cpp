#include "tlm/dma.h"

#include "tlm/machine_config.h"

namespace reprise {

Dma::Dma(const sc_core::sc_module_name& name, const sc_core::sc_time& period) : sc_module(name), period_(period) {}

Dma::Transfer Dma::read(std::uint64_t address, std::uint8_t* data, std::size_t bytes) {
  return transfer(tlm::TLM_READ_COMMAND, address, data, bytes);
}

Dma::Transfer Dma::write(std::uint64_t address, const std::uint8_t* data, std::size_t bytes) {
  // The payload has one pointer for both commands; a target does not write through that of a write.
  return transfer(tlm::TLM_WRITE_COMMAND, address, const_cast<std::uint8_t*>(data), bytes);
}

Dma::Transfer Dma::transfer(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::size_t bytes) {
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address);
  payload.set_data_ptr(data);
  payload.set_data_length(static_cast<unsigned>(bytes));
  payload.set_streaming_width(static_cast<unsigned>(bytes));
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const std::uint64_t begin = sc_core::sc_time_stamp().value();
  memory->b_transport(payload, delay);
  const std::uint64_t taken = sc_core::sc_time_stamp().value() - begin + delay.value();
  return {payload.get_response_status(), ceil_divide(taken, period_.value())};
}

}  // namespace reprise
