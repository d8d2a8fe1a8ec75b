#pragma once

#include <systemc>

#include <array>
#include <memory>
#include <vector>

#include "tlm/packet_switch.h"
#include "tlm/run_clock.h"

namespace reprise {

/// The router of one tile for packets that contend for links.
///
/// Models       queues of packets, arbitration, places: one event a packet and router, none a flit (PacketSwitch).
/// Leaves out   what a row carries besides: its values go through Router.
/// Timing       docs/machine.md, section 5, Links.
/// Events       none; router.hop is counted by the sender of a row.
class PacketRouter : public sc_core::sc_module {
 public:
  using Side = PacketSwitch::Side;
  static constexpr std::size_t kSides = PacketSwitch::kSides;

  sc_core::sc_vector<sc_core::sc_export<PacketSink>> input{"input", kSides};
  sc_core::sc_vector<sc_core::sc_export<PlaceSink>> place{"place", kSides};  ///< of the outputs' links
  using OutputPort = sc_core::sc_port<PacketSink, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;
  using PlacePort = sc_core::sc_port<PlaceSink, 1, sc_core::SC_ZERO_OR_MORE_BOUND>;
  sc_core::sc_vector<OutputPort> output{"output", kSides};           ///< none at the edge of the mesh
  sc_core::sc_vector<PlacePort> input_place{"input_place", kSides};  ///< of the inputs' links; likewise

  SC_HAS_PROCESS(PacketRouter);
  /// @param clock  outlives the module
  PacketRouter(const sc_core::sc_module_name& name, const PacketSwitch::Config& config, const RunClock& clock);

  /// Both directions of the link between two routers; `next` lies on that side of this one.
  void connect(Side side, PacketRouter& next);

  /// Once nothing is under way: cycles count from 0 again.
  void begin_run() { switch_.begin_run(); }
  const LinkActivity& activity(Side side) const { return activity_[side]; }
  virtual bool idle() const { return switch_.idle(); }

 protected:
  virtual void arrive(Side side, const Packet& packet, Cycle head);
  virtual void place_left(Side side, Cycle from);

  const PacketSwitch::Config& config() const { return config_; }
  const RunClock& clock() const { return clock_; }
  LinkActivity& link(Side side) { return activity_[side]; }

 private:
  struct InputLink : PacketSink {
    PacketRouter* router = nullptr;
    Side side = PacketSwitch::local;
    void accept(const Packet& packet, Cycle head) override { router->arrive(side, packet, head); }
  };
  struct OutputLink : PlaceSink {
    PacketRouter* router = nullptr;
    Side side = PacketSwitch::local;
    void place_left(Cycle from) override { router->place_left(side, from); }
  };
  void depart();
  void wake();

  const PacketSwitch::Config config_;
  const RunClock& clock_;
  PacketSwitch switch_;
  std::array<InputLink, kSides> input_links_;
  std::array<OutputLink, kSides> output_links_;
  std::array<LinkActivity, kSides> activity_;
  sc_core::sc_event departure_{"departure"};
};

/// The side that lies across the link: west of east.
PacketSwitch::Side opposite(PacketSwitch::Side side);

}  // namespace reprise
