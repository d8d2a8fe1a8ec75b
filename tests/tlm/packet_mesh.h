#pragma once

#include <systemc>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tlm/packet_delivery.h"
#include "tlm/packet_injector.h"
#include "tlm/packet_router.h"
#include "tlm/pin_level_router.h"

namespace reprise::test {

struct MeshShape {
  int columns = 1;
  int rows = 1;
  int router_cycles = 4;
  int buffer_packets = 4;
};

/// Routers, injectors and deliveries as the accelerator puts them together, with a sink in the place of the buffers.
class PacketMesh final : public sc_core::sc_module {
 public:
  struct Arrival {
    int tile = -1;
    Cycle cycle = 0;
  };

  /// @param pin_level  whether the router of that tile is
  PacketMesh(const sc_core::sc_module_name& name, const MeshShape& shape, const std::vector<bool>& pin_level,
             int link_bytes, const RunClock& clock)
      : sc_module(name) {
    for (int tile = 0; tile < shape.columns * shape.rows; ++tile) {
      const std::string number = std::to_string(tile);
      const PacketSwitch::Config config{tile, shape.columns, shape.router_cycles, shape.buffer_packets};
      const std::string router = "router" + number;
      if (pin_level[static_cast<std::size_t>(tile)]) {
        routers_.push_back(std::make_unique<PinLevelRouter>(router.c_str(), config, link_bytes, clock));
      } else {
        routers_.push_back(std::make_unique<PacketRouter>(router.c_str(), config, clock));
      }
      injectors_.push_back(
          std::make_unique<PacketInjector>(("injector" + number).c_str(), shape.buffer_packets, clock));
      deliveries_.push_back(std::make_unique<PacketDelivery>(("delivery" + number).c_str()));
      sinks_.push_back(std::make_unique<Sink>(*this, tile));
      connect_tile(static_cast<std::size_t>(tile));
    }
    for (int tile = 0; tile < shape.columns * shape.rows; ++tile) {
      if (tile % shape.columns + 1 < shape.columns) connect(tile, PacketSwitch::east, tile + 1);
      if (tile % shape.columns > 0) connect(tile, PacketSwitch::west, tile - 1);
      if (tile / shape.columns + 1 < shape.rows) connect(tile, PacketSwitch::south, tile + shape.columns);
      if (tile / shape.columns > 0) connect(tile, PacketSwitch::north, tile - shape.columns);
    }
  }

  /// By Packet::row.
  const std::map<int, Arrival>& arrivals() const { return arrivals_; }
  void forget() { arrivals_.clear(); }
  void send(int tile, const Packet& packet) { injectors_[static_cast<std::size_t>(tile)]->inject(packet); }
  void begin_run() {
    for (auto& router : routers_) router->begin_run();
    for (auto& injector : injectors_) injector->begin_run();
  }
  const PacketRouter& router(int tile) const { return *routers_[static_cast<std::size_t>(tile)]; }
  const PacketInjector& injector(int tile) const { return *injectors_[static_cast<std::size_t>(tile)]; }
  bool idle() const {
    for (const auto& router : routers_) {
      if (!router->idle()) return false;
    }
    for (const auto& injector : injectors_) {
      if (!injector->idle()) return false;
    }
    return true;
  }

 private:
  struct Sink : WindowSink {
    PacketMesh& mesh;
    int tile;
    Sink(PacketMesh& owner, int number) : mesh(owner), tile(number) {}
    void windows_arrive(const Packet& packet, Cycle arrival) override { mesh.arrivals_[packet.row] = {tile, arrival}; }
  };
  void connect_tile(std::size_t tile) {
    injectors_[tile]->output.bind(routers_[tile]->input[PacketSwitch::local]);
    routers_[tile]->input_place[PacketSwitch::local].bind(*injectors_[tile]);
    routers_[tile]->output[PacketSwitch::local].bind(*deliveries_[tile]);
    deliveries_[tile]->buffers.bind(*sinks_[tile]);
  }
  void connect(int tile, PacketSwitch::Side side, int next) {
    routers_[static_cast<std::size_t>(tile)]->connect(side, *routers_[static_cast<std::size_t>(next)]);
  }

  std::vector<std::unique_ptr<PacketRouter>> routers_;
  std::vector<std::unique_ptr<PacketInjector>> injectors_;
  std::vector<std::unique_ptr<PacketDelivery>> deliveries_;
  std::vector<std::unique_ptr<Sink>> sinks_;
  std::map<int, Arrival> arrivals_;
};

}  // namespace reprise::test
