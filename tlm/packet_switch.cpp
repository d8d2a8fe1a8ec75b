#include "tlm/packet_switch.h"

#include <algorithm>
#include <utility>

namespace reprise {

PacketSwitch::PacketSwitch(const Config& config) : config_(config) {
  for (Output& output : outputs_) output.places = config.buffer_packets;
}

void PacketSwitch::arrive(Side input, const Packet& packet, Cycle head) {
  inputs_[input].queue.push_back({packet, head, towards(packet.destination.tile)});
}

void PacketSwitch::place_left(Side output, Cycle from) {
  outputs_[output].coming.push_back(from);
}

std::vector<PacketSwitch::Departure> PacketSwitch::depart(Cycle cycle) {
  for (Output& output : outputs_) {
    for (; !output.coming.empty() && output.coming.front() <= cycle; output.coming.pop_front()) ++output.places;
  }
  std::vector<Departure> departures;
  for (std::size_t o = 0; o < kSides; ++o) {
    const std::optional<Side> input = chosen(static_cast<Side>(o), cycle);
    if (input) departures.push_back(send(*input, cycle));
  }
  return departures;
}

std::optional<Cycle> PacketSwitch::next() const {
  std::optional<Cycle> first;
  for (const Input& input : inputs_) {
    const std::optional<Cycle> cycle = earliest(input);
    if (cycle && (!first || *cycle < *first)) first = cycle;
  }
  return first;
}

void PacketSwitch::begin_run() {
  for (Input& input : inputs_) input.free = 0;
  for (Output& output : outputs_) {
    output.places += static_cast<int>(output.coming.size());
    output.coming.clear();
    output.free = 0;
  }
}

bool PacketSwitch::idle() const {
  const bool empty =
      std::all_of(inputs_.begin(), inputs_.end(), [](const Input& input) { return input.queue.empty(); });
  return empty && std::all_of(outputs_.begin(), outputs_.end(), [&](const Output& output) {
           return output.places + static_cast<int>(output.coming.size()) == config_.buffer_packets;
         });
}

PacketSwitch::Side PacketSwitch::towards(int tile) const {
  const int dx = tile % config_.mesh_columns - config_.tile % config_.mesh_columns;
  const int dy = tile / config_.mesh_columns - config_.tile / config_.mesh_columns;
  if (dx != 0) return dx > 0 ? east : west;
  if (dy != 0) return dy > 0 ? south : north;
  return local;
}

std::optional<Cycle> PacketSwitch::earliest(const Input& input) const {
  if (input.queue.empty()) return std::nullopt;
  const Waiting& first = input.queue.front();
  const Output& output = outputs_[first.output];
  const Cycle cycle = std::max({ready(first), input.free, output.free});
  if (first.output == local || output.places > 0) return cycle;
  if (output.coming.empty()) return std::nullopt;
  return std::max(cycle, output.coming.front());
}

std::optional<PacketSwitch::Side> PacketSwitch::chosen(Side output, Cycle cycle) const {
  std::optional<Side> best;
  for (std::size_t i = 0; i < kSides; ++i) {
    const std::optional<Cycle> possible = earliest(inputs_[i]);
    if (!possible || *possible > cycle || inputs_[i].queue.front().output != output) continue;
    if (!best || inputs_[i].queue.front().head < inputs_[*best].queue.front().head) best = static_cast<Side>(i);
  }
  return best;
}

PacketSwitch::Departure PacketSwitch::send(Side input, Cycle cycle) {
  Input& from = inputs_[input];
  Waiting first = std::move(from.queue.front());
  from.queue.pop_front();
  Output& to = outputs_[first.output];
  if (first.output != local) --to.places;
  from.free = to.free = cycle + first.packet.flits;
  return {input, first.output, std::move(first.packet), ready(first)};
}

const char* side_name(PacketSwitch::Side side) {
  constexpr std::array<const char*, PacketSwitch::kSides> kNames = {"east", "west", "north", "south", "local"};
  return kNames.at(side);
}

}  // namespace reprise
