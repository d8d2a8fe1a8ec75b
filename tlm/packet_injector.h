#pragma once

#include <systemc>

#include <deque>
#include <map>
#include <tuple>

#include "tlm/packet.h"
#include "tlm/run_clock.h"

namespace reprise {

/// The link from a tile's layers into its router.
///
/// Models       one queue in the order of the windows' finish; places of the router's input.
/// Leaves out   a bound of the queue: it holds what consumers have given credit for.
/// Timing       docs/machine.md, section 5, Links.
class PacketInjector final : public sc_core::sc_module, public PacketSource, public PlaceSink {
 public:
  sc_core::sc_port<PacketSink> output{"output"};  ///< the router's local input

  SC_HAS_PROCESS(PacketInjector);
  /// @param places  packets, of the router's local input
  /// @param clock   outlives the module
  PacketInjector(const sc_core::sc_module_name& name, int places, const RunClock& clock);

  void inject(const Packet& packet) override;
  void place_left(Cycle from) override;

  /// Once nothing is under way: cycles count from 0 again.
  void begin_run();

  const LinkActivity& activity() const { return activity_; }
  bool idle() const { return queue_.empty(); }

 private:
  using Order = std::tuple<Cycle, int, std::size_t>;  ///< made, layer, consumer

  void send();
  void wake();

  const RunClock& clock_;
  std::multimap<Order, Packet> queue_;
  int places_;
  std::deque<Cycle> coming_;  ///< from when further places are for use
  Cycle free_ = 0;            ///< from when the link is
  LinkActivity activity_;
  sc_core::sc_event turn_{"turn"};
};

}  // namespace reprise
