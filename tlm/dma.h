#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <systemc>

#include <cstddef>
#include <cstdint>

namespace reprise {

/// Moves rows between system memory and the accelerator.
///
/// Models       one blocking transaction of the base protocol a row.
/// Leaves out   DMI: the memory may lie behind anything that speaks TLM-2.0.
/// Timing       what the bus and the memory charge, in `delay` or by waiting, rounded up to whole cycles.
class Dma final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Dma> memory{"memory"};

  Dma(const sc_core::sc_module_name& name, const sc_core::sc_time& period);

  struct Transfer {
    tlm::tlm_response_status status = tlm::TLM_INCOMPLETE_RESPONSE;
    std::uint64_t cycles = 0;
    bool ok() const { return status == tlm::TLM_OK_RESPONSE; }
  };
  /// Call from an SC_THREAD. The caller spends the cycles: no time passes here unless the memory itself waits.
  Transfer read(std::uint64_t address, std::uint8_t* data, std::size_t bytes);
  Transfer write(std::uint64_t address, const std::uint8_t* data, std::size_t bytes);

 private:
  Transfer transfer(tlm::tlm_command command, std::uint64_t address, std::uint8_t* data, std::size_t bytes);

  const sc_core::sc_time period_;
};

}  // namespace reprise
