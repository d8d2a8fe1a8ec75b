#pragma once

#include <tlm_utils/simple_target_socket.h>
#include <systemc>

#include <cstdint>
#include <vector>

#include "tlm/target_phases.h"

namespace reprise {

/// Byte-addressed memory, zero at first.
///
/// Models       reads and writes of any length with byte enables and streaming, DMI and debug transport.
/// Leaves out   banks, refresh, contention (of blocking transactions: non-blocking ones wait for one another).
/// Timing       memory_cycles + ceil(bytes / bus_bytes_per_cycle) a transaction (docs/machine.md, section 5).
class SystemMemory final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<SystemMemory> socket{"socket"};

  struct Config {
    std::uint64_t bytes = 0;
    sc_core::sc_time period;  ///< of a cycle
    int memory_cycles = 40;
    int bus_bytes_per_cycle = 8;
  };

  SystemMemory(const sc_core::sc_module_name& name, const Config& config);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& payload);
  bool contains(std::uint64_t address, std::uint64_t bytes) const;
  sc_core::sc_time access_time(std::uint64_t bytes) const;

  const Config config_;
  std::vector<std::uint8_t> bytes_;
  TargetPhases phases_;
};

}  // namespace reprise
