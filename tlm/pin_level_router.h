#pragma once

#include <systemc>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "rtl_models/router.h"
#include "tlm/packet_router.h"

namespace reprise {

/// A router at pin level in the place of one at transaction level, with the transactor between them.
///
/// Models       packets become flits on the pins of rtl::Router; what comes out of it goes on as packets.
/// Timing       the pins' clock runs with simulated time, an edge at the beginning of each cycle, as long as anything
/// is
///              in the router or on its links; it stands still otherwise.
/// Errors       a SystemC error where a packet does not come out as it went in.
class PinLevelRouter final : public PacketRouter {
 public:
  SC_HAS_PROCESS(PinLevelRouter);
  /// @param link_bytes  a flit
  PinLevelRouter(const sc_core::sc_module_name& name, const PacketSwitch::Config& config, int link_bytes,
                 const RunClock& clock);

  bool idle() const override;
  const rtl::Router& pins() const { return pins_; }

 private:
  struct Transit {
    Packet packet;
    Cycle head = 0;  ///< on the input's link
    Side input = PacketSwitch::local;
  };
  struct OutputState {
    std::uint32_t tag = 0;            ///< of the packet that is sent
    std::vector<std::uint8_t> bytes;  ///< of it, so far
  };

  void arrive(Side side, const Packet& packet, Cycle head) override;
  void place_left(Side side, Cycle from) override;
  void run();
  bool at_rest() const;
  void drive(Cycle cycle);
  rtl::Flit flit_on_input(std::size_t side, Cycle cycle);
  void edge();
  void sample(Cycle cycle);
  void sample_output(std::size_t side, Cycle cycle);
  void compare(const Packet& packet, const std::vector<std::uint8_t>& bytes);

  const std::size_t link_bytes_;
  std::map<std::uint32_t, Transit> transits_;  ///< by tag
  std::uint32_t next_tag_ = 0;
  std::array<std::deque<std::uint32_t>, kSides> links_;  ///< tags of what is or will be on an input's link
  std::array<std::deque<Cycle>, kSides> places_left_;    ///< from when they are
  std::array<OutputState, kSides> outputs_;
  sc_core::sc_event something_{"something"};

  sc_core::sc_signal<bool> clock_pin_{"clock_pin"};
  sc_core::sc_vector<sc_core::sc_signal<rtl::Flit>> in_{"in", kSides};
  sc_core::sc_vector<sc_core::sc_signal<rtl::Flit>> out_{"out", kSides};
  sc_core::sc_vector<sc_core::sc_signal<bool>> left_{"left", kSides};
  sc_core::sc_vector<sc_core::sc_signal<bool>> left_next_{"left_next", kSides};
  rtl::Router pins_;
};

}  // namespace reprise
