#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <systemc>

#include <cstdint>
#include <vector>

namespace reprise {

/// Passes transactions on by address, which a target sees relative to the begin of its range.
///
/// Models       decoding, DMI (granted within the target's range) and its invalidation, debug transport.
///              Holes, and bursts across the end of a range, get an address error.
/// Leaves out   bandwidth: the targets charge the time.
/// Timing       none of its own. With Sharing::one_at_a_time a target serves one transaction after another, in the
/// order
///              in which they come, and who comes later finds the wait in its `delay`.
class Bus final : public sc_core::sc_module {
 public:
  struct Range {
    std::uint64_t base = 0;
    std::uint64_t bytes = 0;
    std::uint64_t last() const { return base + (bytes - 1); }
  };

  enum class Sharing {
    ideal,          ///< a target serves any number of transactions at a time
    one_at_a_time,  ///< one after another
  };

  sc_core::sc_vector<tlm_utils::simple_target_socket_tagged<Bus>> initiators;  ///< bind the initiators here
  sc_core::sc_vector<tlm_utils::simple_initiator_socket_tagged<Bus>> targets;  ///< in the order of the map

  /// @throws InputError when ranges are empty, overlap, or pass the end of the address space
  Bus(const sc_core::sc_module_name& name, unsigned initiator_count, std::vector<Range> map,
      Sharing sharing = Sharing::ideal);

  /// That transactions have waited for others.
  sc_core::sc_time waited() const { return waited_; }

 private:
  const Range* decode(std::uint64_t address, std::uint64_t bytes) const;  ///< null: a hole
  tlm_utils::simple_initiator_socket_tagged<Bus>& target(const Range* range);
  void b_transport(int initiator, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(int initiator, tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(int initiator, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);
  void invalidate_direct_mem_ptr(int target, sc_dt::uint64 start, sc_dt::uint64 end);

  void wait_for_target(std::size_t target, sc_core::sc_time& delay);

  const std::vector<Range> map_;
  const Sharing sharing_;
  std::vector<sc_core::sc_time> busy_until_;  ///< by target
  sc_core::sc_time waited_;
};

}  // namespace reprise
