#include "tlm/packet_injector.h"

#include <algorithm>
#include <utility>

namespace reprise {

PacketInjector::PacketInjector(const sc_core::sc_module_name& name, int places, const RunClock& clock)
    : sc_module(name), clock_(clock), places_(places) {
  SC_METHOD(send);
  sensitive << turn_;
  dont_initialize();
}

void PacketInjector::inject(const Packet& packet) {
  if (packet.made < clock_.now()) SC_REPORT_FATAL("/reprise/tlm/packet_injector", "a packet of the past");
  queue_.emplace(Order{packet.made, packet.layer, packet.consumer}, packet);
  wake();
}

void PacketInjector::begin_run() {
  places_ += static_cast<int>(coming_.size());
  coming_.clear();
  free_ = 0;
}

void PacketInjector::place_left(Cycle from) {
  coming_.push_back(from);
  wake();
}

void PacketInjector::send() {
  const Cycle now = clock_.now();
  for (; !coming_.empty() && coming_.front() <= now; coming_.pop_front()) ++places_;
  if (places_ > 0 && free_ <= now && !queue_.empty() && queue_.begin()->second.made <= now) {
    const auto first = queue_.begin();
    const Packet packet = std::move(first->second);
    activity_.count(packet, packet.made, now);
    queue_.erase(first);
    --places_;
    free_ = now + packet.flits;
    output->accept(packet, now);
  }
  wake();
}

void PacketInjector::wake() {
  if (queue_.empty() || (places_ == 0 && coming_.empty())) return;
  const Cycle ready = std::max(queue_.begin()->second.made, free_);
  turn_.notify(clock_.until(places_ > 0 ? ready : std::max(ready, coming_.front())));
}

}  // namespace reprise
