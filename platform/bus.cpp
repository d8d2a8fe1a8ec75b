#include "platform/bus.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/error.h"

namespace reprise {
namespace {

std::string text(const Bus::Range& range) {
  return fmt::format("{:#x} + {:#x} bytes", range.base, range.bytes);
}

void check_map(const std::vector<Bus::Range>& map) {
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (map[i].bytes == 0 || map[i].last() < map[i].base)
      throw InputError("bus: the range " + text(map[i]) + " is empty or passes the end of the address space");
    for (std::size_t j = 0; j < i; ++j) {
      if (map[i].base <= map[j].last() && map[j].base <= map[i].last())
        throw InputError("bus: the ranges " + text(map[j]) + " and " + text(map[i]) + " overlap");
    }
  }
}

}  // namespace

Bus::Bus(const sc_core::sc_module_name& name, unsigned initiator_count, std::vector<Range> map, Sharing sharing)
    : sc_module(name),
      initiators("initiators", initiator_count),
      targets("targets", map.size()),
      map_(std::move(map)),
      sharing_(sharing),
      busy_until_(map_.size()) {
  check_map(map_);
  int tag = 0;
  for (auto& socket : initiators) {
    socket.register_b_transport(this, &Bus::b_transport, tag);
    socket.register_transport_dbg(this, &Bus::transport_dbg, tag);
    socket.register_get_direct_mem_ptr(this, &Bus::get_direct_mem_ptr, tag);
    ++tag;
  }
  tag = 0;
  for (auto& socket : targets) socket.register_invalidate_direct_mem_ptr(this, &Bus::invalidate_direct_mem_ptr, tag++);
}

const Bus::Range* Bus::decode(std::uint64_t address, std::uint64_t bytes) const {
  for (const Range& range : map_) {
    if (address < range.base || address > range.last()) continue;
    return bytes == 0 || bytes - 1 <= range.last() - address ? &range : nullptr;
  }
  return nullptr;
}

tlm_utils::simple_initiator_socket_tagged<Bus>& Bus::target(const Range* range) {
  return targets[static_cast<std::size_t>(range - map_.data())];
}

void Bus::b_transport(int /*initiator*/, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t address = payload.get_address();
  const Range* range = decode(address, std::min(payload.get_data_length(), payload.get_streaming_width()));
  if (range == nullptr) {
    payload.set_dmi_allowed(false);
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const auto number = static_cast<std::size_t>(range - map_.data());
  if (sharing_ == Sharing::one_at_a_time) wait_for_target(number, delay);
  payload.set_address(address - range->base);
  targets[number]->b_transport(payload, delay);
  payload.set_address(address);
  busy_until_[number] = sc_core::sc_time_stamp() + delay;
}

void Bus::wait_for_target(std::size_t target, sc_core::sc_time& delay) {
  const sc_core::sc_time now = sc_core::sc_time_stamp() + delay;
  if (busy_until_[target] <= now) return;
  waited_ += busy_until_[target] - now;
  delay += busy_until_[target] - now;
}

unsigned Bus::transport_dbg(int /*initiator*/, tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address();
  const unsigned length = payload.get_data_length();
  const Range* range = decode(address, 0);
  if (range == nullptr || length == 0) return 0;
  payload.set_address(address - range->base);
  payload.set_data_length(static_cast<unsigned>(std::min<std::uint64_t>(length - 1, range->last() - address) + 1));
  const unsigned done = target(range)->transport_dbg(payload);
  payload.set_address(address);
  payload.set_data_length(length);
  return done;
}

bool Bus::get_direct_mem_ptr(int /*initiator*/, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  const std::uint64_t address = payload.get_address();
  const Range* range = decode(address, 0);
  if (range == nullptr) {
    dmi.set_start_address(address);
    dmi.set_end_address(address);
    return false;
  }
  payload.set_address(address - range->base);
  const bool granted = target(range)->get_direct_mem_ptr(payload, dmi);
  payload.set_address(address);
  dmi.set_end_address(range->base + std::min<std::uint64_t>(dmi.get_end_address(), range->bytes - 1));
  dmi.set_start_address(range->base + dmi.get_start_address());
  return granted;
}

void Bus::invalidate_direct_mem_ptr(int target, sc_dt::uint64 start, sc_dt::uint64 end) {
  const Range& range = map_[static_cast<std::size_t>(target)];
  if (start >= range.bytes) return;
  const std::uint64_t last = range.base + std::min<std::uint64_t>(end, range.bytes - 1);
  for (auto& initiator : initiators) initiator->invalidate_direct_mem_ptr(range.base + start, last);
}

}  // namespace reprise
