#pragma once

#include <systemc>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "rtl_models/flit.h"

namespace reprise::rtl {

struct RouterConfig {
  int column = 0;          ///< of its tile
  int row = 0;             ///< of its tile
  int router_cycles = 4;   ///< from link to link, at least 1
  int buffer_packets = 4;  ///< of each input, at least 1
};

/// A router of the mesh: flits come in on five links and go out on five.
///
/// Models      stages from input to queue, a queue of packets an input, the turn from X to Y, an arbiter an output that
///             takes the packet which came first, places of the next router's inputs.
/// Leaves out  virtual channels.
/// Timing      docs/machine.md, section 5, Links: a head is on its output router_cycles after it was on its input, and
///             the flits of a packet follow without a gap.
/// Errors      SC_ERROR: a flit where no packet is under way, a head before a tail, or a packet without a place.
class Router final : public sc_core::sc_module {
 public:
  enum Side : std::size_t { east, west, north, south, local, kSides };  ///< in the order of priority

  sc_core::sc_in<bool> clock{"clock"};
  sc_core::sc_vector<sc_core::sc_in<Flit>> in{"in", kSides};
  sc_core::sc_vector<sc_core::sc_out<bool>> left{"left", kSides};  ///< with a tail: its packet's place is free
  sc_core::sc_vector<sc_core::sc_out<Flit>> out{"out", kSides};
  sc_core::sc_vector<sc_core::sc_in<bool>> left_next{"left_next", kSides};  ///< `left` of the output's next input

  SC_HAS_PROCESS(Router);
  /// @throws InputError for a configuration out of range
  Router(const sc_core::sc_module_name& name, const RouterConfig& config);

  /// No packet is in the router. The clock may then stand still; cycles do not count.
  bool idle() const;
  /// Places at the other end of an output, as the router knows it.
  int places(Side output) const { return outputs_[output].places; }

 private:
  struct Queued {
    Flit flit;
    std::uint64_t came = 0;  ///< of a head: the cycle in which it was on the link
  };
  struct Input {
    std::deque<Queued> stages;  ///< as many as the router has cycles, less one; the oldest in front
    std::deque<Queued> queue;
    int packets = 0;    ///< here, in whole or in part
    bool open = false;  ///< a tail is still to come
  };
  struct Output {
    std::optional<std::size_t> input;  ///< from which it sends
    int places = 0;
  };

  void step();
  void take(std::size_t input);
  void check(Input& input, const Flit& flit);
  Side towards(const Flit& head) const;
  void arbitrate(std::size_t output);
  bool waits_for(std::size_t input, std::size_t output) const;
  void send(std::size_t output, std::array<bool, kSides>& leaving);

  const RouterConfig config_;
  std::uint64_t cycle_ = 0;
  std::array<Input, kSides> inputs_;
  std::array<Output, kSides> outputs_;
};

}  // namespace reprise::rtl
