#include "tlm/pin_level_router.h"

#include <algorithm>
#include <string>
#include <utility>

namespace reprise {
namespace {

rtl::RouterConfig pin_config(const PacketSwitch::Config& config) {
  return {config.tile % config.mesh_columns, config.tile / config.mesh_columns, config.router_cycles,
          config.buffer_packets};
}

}  // namespace

PinLevelRouter::PinLevelRouter(const sc_core::sc_module_name& name, const PacketSwitch::Config& config, int link_bytes,
                               const RunClock& clock)
    : PacketRouter(name, config, clock),
      link_bytes_(static_cast<std::size_t>(link_bytes)),
      pins_("pins", pin_config(config)) {
  pins_.clock(clock_pin_);
  pins_.in(in_);
  pins_.out(out_);
  pins_.left(left_);
  pins_.left_next(left_next_);
  SC_THREAD(run);
}

bool PinLevelRouter::idle() const {
  return transits_.empty() && pins_.idle();
}

void PinLevelRouter::arrive(Side side, const Packet& packet, Cycle head) {
  transits_[next_tag_] = {packet, head, side};
  links_[side].push_back(next_tag_++);
  something_.notify(sc_core::SC_ZERO_TIME);
}

void PinLevelRouter::place_left(Side side, Cycle from) {
  places_left_[side].push_back(from);
  something_.notify(sc_core::SC_ZERO_TIME);
}

void PinLevelRouter::run() {
  while (true) {
    if (at_rest()) wait(something_);
    // What is on the links in a cycle is known by its end: packets are told of at its beginning.
    const Cycle cycle = clock().now();
    wait(clock().until(cycle + 1));
    drive(cycle);
    edge();
    sample(cycle + 1);
  }
}

bool PinLevelRouter::at_rest() const {
  if (!idle()) return false;
  for (std::size_t side = 0; side < kSides; ++side) {
    if (!places_left_[side].empty() || left_[side].read() || left_next_[side].read()) return false;
    if (in_[side].read().valid || out_[side].read().valid) return false;
  }
  return true;
}

/// The pins as they are in `cycle`.
void PinLevelRouter::drive(Cycle cycle) {
  for (std::size_t side = 0; side < kSides; ++side) {
    in_[side].write(flit_on_input(side, cycle));
    std::deque<Cycle>& places = places_left_[side];
    const bool left = !places.empty() && places.front() == cycle + 1;
    left_next_[side].write(left);
    if (left) places.pop_front();
  }
  wait(sc_core::SC_ZERO_TIME);
}

rtl::Flit PinLevelRouter::flit_on_input(std::size_t side, Cycle cycle) {
  rtl::Flit flit;
  if (links_[side].empty()) return flit;
  const std::uint32_t tag = links_[side].front();
  const Transit& transit = transits_.at(tag);
  const Packet& packet = transit.packet;
  if (cycle < transit.head) return flit;
  const Cycle number = cycle - transit.head;
  flit.valid = true;
  flit.head = number == 0;
  flit.tail = number + 1 == packet.flits;
  if (flit.head) {
    flit.column = static_cast<std::uint32_t>(packet.destination.tile % config().mesh_columns);
    flit.row = static_cast<std::uint32_t>(packet.destination.tile / config().mesh_columns);
    flit.tag = tag;
  }
  flit.bytes = rtl::Bus<std::uint8_t>(link_bytes_);
  const std::size_t begin = std::min(packet.bytes, static_cast<std::size_t>(number) * link_bytes_);
  const std::size_t end = std::min(packet.bytes, begin + link_bytes_);
  for (std::size_t i = begin; i < end; ++i) flit.bytes[i - begin] = (*packet.row_data)[packet.first_byte + i];
  if (flit.tail) links_[side].pop_front();
  return flit;
}

void PinLevelRouter::edge() {
  clock_pin_.write(true);
  wait(sc_core::SC_ZERO_TIME);
  clock_pin_.write(false);
  wait(sc_core::SC_ZERO_TIME);
}

/// What the router does in `cycle`, which has just begun.
void PinLevelRouter::sample(Cycle cycle) {
  for (std::size_t side = 0; side < kSides; ++side) {
    if (left_[side].read() && input_place[side].size() != 0) input_place[side]->place_left(cycle + 1);
    if (out_[side].read().valid) sample_output(side, cycle);
  }
}

void PinLevelRouter::sample_output(std::size_t side, Cycle cycle) {
  const rtl::Flit& flit = out_[side].read();
  OutputState& state = outputs_[side];
  if (flit.head) {
    state = {flit.tag, {}};
    const Transit& transit = transits_.at(flit.tag);
    link(static_cast<Side>(side))
        .count(transit.packet, transit.head + static_cast<Cycle>(config().router_cycles), cycle);
    output[side]->accept(transit.packet, cycle);
  }
  state.bytes.insert(state.bytes.end(), flit.bytes.lanes.begin(), flit.bytes.lanes.end());
  if (!flit.tail) return;
  compare(transits_.at(state.tag).packet, state.bytes);
  transits_.erase(state.tag);
}

void PinLevelRouter::compare(const Packet& packet, const std::vector<std::uint8_t>& bytes) {
  const bool same =
      bytes.size() == packet.flits * link_bytes_ &&
      (packet.bytes == 0 || std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(packet.bytes),
                                       packet.row_data->begin() + static_cast<std::ptrdiff_t>(packet.first_byte)));
  if (same) return;
  SC_REPORT_ERROR("/reprise/tlm/pin_level_router",
                  (std::string(name()) + ": a packet does not come out as it went in").c_str());
}

}  // namespace reprise
