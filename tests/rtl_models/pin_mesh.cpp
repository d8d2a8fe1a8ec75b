#include "tests/rtl_models/pin_mesh.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace reprise::rtl::test {

PinMesh::PinMesh(const sc_core::sc_module_name& name, int columns, int rows, int router_cycles, int buffer_packets)
    : sc_module(name),
      router_cycles_(router_cycles),
      buffer_packets_(buffer_packets),
      columns_(columns),
      out_("out", static_cast<std::size_t>(columns * rows) * Router::kSides),
      left_("left", static_cast<std::size_t>(columns * rows) * Router::kSides),
      inject_("inject", static_cast<std::size_t>(columns * rows)),
      injectors_(static_cast<std::size_t>(columns * rows)),
      injector_links_(injectors_.size()),
      output_links_(out_.size()),
      receiving_(injectors_.size()) {
  for (int tile = 0; tile < columns * rows; ++tile) {
    const RouterConfig config{tile % columns, tile / columns, router_cycles, buffer_packets};
    routers_.push_back(std::make_unique<Router>(("router" + std::to_string(tile)).c_str(), config));
    injectors_[static_cast<std::size_t>(tile)].places = buffer_packets;
  }
  wire(columns, rows);
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void PinMesh::wire(int columns, int rows) {
  struct Neighbour {
    Router::Side side, opposite;
    int dx, dy;
  };
  const Neighbour neighbours[] = {{Router::east, Router::west, 1, 0},
                                  {Router::west, Router::east, -1, 0},
                                  {Router::north, Router::south, 0, -1},
                                  {Router::south, Router::north, 0, 1}};
  for (int tile = 0; tile < columns * rows; ++tile) {
    const auto t = static_cast<std::size_t>(tile);
    Router& router = *routers_[t];
    router.clock(clock);
    for (std::size_t side = 0; side < Router::kSides; ++side) {
      router.out[side](out_[t * Router::kSides + side]);
      router.left[side](left_[t * Router::kSides + side]);
    }
    router.in[Router::local](inject_[t]);
    router.left_next[Router::local](never_);
    for (const Neighbour& n : neighbours) {
      const int x = tile % columns + n.dx;
      const int y = tile / columns + n.dy;
      if (x < 0 || y < 0 || x >= columns || y >= rows) {
        router.in[n.side](nothing_);
        router.left_next[n.side](never_);
        continue;
      }
      const std::size_t across = static_cast<std::size_t>(y * columns + x) * Router::kSides + n.opposite;
      router.in[n.side](out_[across]);
      router.left_next[n.side](left_[across]);
    }
  }
}

void PinMesh::send(const PinPacket& packet) {
  const auto order = [](const PinPacket& p) { return std::make_tuple(p.made, p.layer, p.consumer); };
  Injector& at = injectors_[static_cast<std::size_t>(packet.from)];
  const auto waiting = at.queue.begin() + (at.sent > 0 ? 1 : 0);
  at.queue.insert(std::upper_bound(waiting, at.queue.end(), packet,
                                   [&](const PinPacket& a, const PinPacket& b) { return order(a) < order(b); }),
                  packet);
  can_go_[packet.tag] = packet.made;
}

bool PinMesh::idle() const {
  return can_go_.empty() && std::all_of(routers_.begin(), routers_.end(), [](const auto& r) { return r->idle(); }) &&
         std::none_of(left_.begin(), left_.end(), [](const auto& wire) { return wire.read(); });
}

bool PinMesh::all_places_back() const {
  const auto full = [&](const std::unique_ptr<Router>& router) {
    for (const Router::Side side : {Router::east, Router::west, Router::north, Router::south}) {
      if (router->places(side) != buffer_packets_) return false;
    }
    return true;
  };
  return std::all_of(routers_.begin(), routers_.end(), full) &&
         std::all_of(injectors_.begin(), injectors_.end(),
                     [&](const Injector& injector) { return injector.places == buffer_packets_; });
}

/// At the beginning of cycle_: wires hold what was on them in the cycle before.
void PinMesh::step() {
  std::uint32_t tag = 0;
  for (std::size_t tile = 0; tile < injectors_.size(); ++tile) {
    watch(inject_[tile].read(), injector_links_[tile], tag, false);
    for (std::size_t side = 0; side < Router::local; ++side) {
      const std::size_t link = tile * Router::kSides + side;
      watch(out_[link].read(), output_links_[link], tag, false);
    }
  }
  for (std::size_t tile = 0; tile < injectors_.size(); ++tile) {
    receive(tile);
    inject(tile);
  }
  ++cycle_;
}

void PinMesh::watch(const Flit& flit, PinLink& link, std::uint32_t& tag, bool out) {
  if (!flit.valid) return;
  ++link.busy_cycles;
  if (!flit.head) return;
  tag = flit.tag;
  ++link.packets;
  link.waiting_cycles += cycle_ - 1 - can_go_.at(tag);
  can_go_[tag] = cycle_ - 1 + static_cast<std::uint64_t>(router_cycles_);
  if (out) can_go_.erase(tag);
}

void PinMesh::inject(std::size_t tile) {
  Injector& at = injectors_[tile];
  if (left_[tile * Router::kSides + Router::local].read()) ++at.places;
  const bool begins = at.sent == 0 && at.places > 0 && !at.queue.empty() && at.queue.front().made <= cycle_;
  if (at.sent == 0 && !begins) {
    inject_[tile].write(Flit{});
    return;
  }
  if (begins) --at.places;
  const PinPacket& packet = at.queue.front();
  Flit flit;
  flit.valid = true;
  flit.head = begins;
  flit.tail = at.sent + 1 == packet.flits.size();
  flit.bytes = Bus<std::uint8_t>(packet.flits[at.sent]);
  if (begins) {
    flit.column = static_cast<std::uint32_t>(packet.to % columns_);
    flit.row = static_cast<std::uint32_t>(packet.to / columns_);
    flit.tag = packet.tag;
  }
  inject_[tile].write(flit);
  ++at.sent;
  if (!flit.tail) return;
  at.queue.pop_front();
  at.sent = 0;
}

void PinMesh::receive(std::size_t tile) {
  const std::size_t link = tile * Router::kSides + Router::local;
  const Flit& flit = out_[link].read();
  watch(flit, output_links_[link], receiving_[tile], true);
  if (!flit.valid) return;
  PinArrival& arrival = arrivals_[receiving_[tile]];
  arrival.tile = static_cast<int>(tile);
  arrival.flits.push_back(flit.bytes.lanes);
  if (flit.tail) arrival.cycle = cycle_;
}

}  // namespace reprise::rtl::test
