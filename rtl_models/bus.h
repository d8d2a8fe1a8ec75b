#pragma once

#include <systemc>

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace reprise::rtl {

/// One line that is on or off: a bool whose address can be traced inside a vector.
struct Wire {
  bool on = false;

  friend bool operator==(const Wire& a, const Wire& b) { return a.on == b.on; }
  friend std::ostream& operator<<(std::ostream& out, const Wire& wire) { return out << wire.on; }
};

inline void sc_trace(sc_core::sc_trace_file* file, const Wire& wire, const std::string& name) {
  sc_core::sc_trace(file, wire.on, name);
}

/// Parallel lanes of one kind as the value of one signal. The width is fixed at construction: a trace holds on to
/// the lanes.
template <class T>
struct Bus {
  std::vector<T> lanes;

  Bus() = default;
  explicit Bus(std::size_t width) : lanes(width) {}
  explicit Bus(std::vector<T> values) : lanes(std::move(values)) {}

  std::size_t width() const { return lanes.size(); }
  T& operator[](std::size_t lane) { return lanes[lane]; }
  const T& operator[](std::size_t lane) const { return lanes[lane]; }

  friend bool operator==(const Bus& a, const Bus& b) { return a.lanes == b.lanes; }
  friend std::ostream& operator<<(std::ostream& out, const Bus& bus) {
    for (const T& lane : bus.lanes) out << lane << ' ';
    return out;
  }
};

/// Lanes appear in the waveform as name_0, name_1, ...
template <class T>
void sc_trace(sc_core::sc_trace_file* file, const Bus<T>& bus, const std::string& name) {
  using sc_core::sc_trace;
  for (std::size_t lane = 0; lane < bus.width(); ++lane) sc_trace(file, bus[lane], name + "_" + std::to_string(lane));
}

}  // namespace reprise::rtl
