#pragma once

#include <systemc>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "rtl_models/router.h"

namespace reprise::rtl::test {

/// A packet as the pin-level mesh of a test takes it.
struct PinPacket {
  int from = 0;  ///< tile
  int to = 0;    ///< tile
  std::uint64_t made = 0;
  int layer = 0;
  std::size_t consumer = 0;
  std::uint32_t tag = 0;
  std::vector<std::vector<std::uint8_t>> flits;
};

/// What became of it.
struct PinArrival {
  int tile = -1;
  std::uint64_t cycle = 0;                       ///< the first in which it is all there
  std::vector<std::vector<std::uint8_t>> flits;  ///< as they came out
};

/// A link of the mesh, seen at its pins.
struct PinLink {
  std::uint64_t packets = 0;
  std::uint64_t busy_cycles = 0;
  std::uint64_t waiting_cycles = 0;
};

/// Pin-level routers wired up to a mesh, with an injector and a sink for each tile: nothing but wires, flit by flit, as
/// section 5 of docs/machine.md says under Links.
class PinMesh final : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clock{"clock"};

  SC_HAS_PROCESS(PinMesh);
  PinMesh(const sc_core::sc_module_name& name, int columns, int rows, int router_cycles, int buffer_packets);

  /// `cycle` begins with the next edge.
  void begin(std::uint64_t cycle) { cycle_ = cycle; }
  void send(const PinPacket& packet);
  bool idle() const;
  /// Every router and injector has all the places that it began with.
  bool all_places_back() const;
  const std::map<std::uint32_t, PinArrival>& arrivals() const { return arrivals_; }
  void forget() { arrivals_.clear(); }
  const PinLink& injector(int tile) const { return injector_links_[static_cast<std::size_t>(tile)]; }
  const PinLink& output(int tile, Router::Side side) const {
    return output_links_[static_cast<std::size_t>(tile) * Router::kSides + side];
  }

 private:
  struct Injector {
    std::deque<PinPacket> queue;  ///< in the order in which they are sent
    std::size_t sent = 0;         ///< flits of the first
    int places = 0;
  };

  void wire(int columns, int rows);
  void step();
  void inject(std::size_t tile);
  void receive(std::size_t tile);
  void watch(const Flit& flit, PinLink& link, std::uint32_t& tag, bool out);

  const int router_cycles_;
  const int buffer_packets_;
  const int columns_;
  std::uint64_t cycle_ = 0;
  std::vector<std::unique_ptr<Router>> routers_;
  sc_core::sc_vector<sc_core::sc_signal<Flit>> out_;     ///< [tile][side]
  sc_core::sc_vector<sc_core::sc_signal<bool>> left_;    ///< [tile][side]: of inputs
  sc_core::sc_vector<sc_core::sc_signal<Flit>> inject_;  ///< [tile]
  sc_core::sc_signal<Flit> nothing_{"nothing"};
  sc_core::sc_signal<bool> never_{"never"};
  std::vector<Injector> injectors_;
  std::vector<PinLink> injector_links_;
  std::vector<PinLink> output_links_;
  std::vector<std::uint32_t> receiving_;           ///< tag, [tile]
  std::map<std::uint32_t, std::uint64_t> can_go_;  ///< by tag: when its next link might have had it
  std::map<std::uint32_t, PinArrival> arrivals_;
};

}  // namespace reprise::rtl::test
