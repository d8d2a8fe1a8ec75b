#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "platform/technology.h"
#include "tlm/events.h"

namespace reprise {

/// Counts times coefficients. Every sum is taken from the same integers, so the parts add up to the total.
class EnergyLedger {
 public:
  struct Row {
    Event component = Event::count_;
    std::string layer;  ///< "" for what belongs to none
    int tile = 0;
    std::uint64_t count = 0;
    double picojoules = 0.0;
  };

  /// @throws InputError as event_energy_pj()
  EnergyLedger(const Technology& technology, int adc_bits);

  void add(const std::string& layer, int tile, const EventCounts& counts);

  /// By layer, tile and component; components that were not counted are left out.
  std::vector<Row> rows() const;
  EventCounts counts() const;
  double picojoules(const EventCounts& counts) const;  ///< of any counts, in this technology
  double total() const { return picojoules(counts()); }
  std::array<double, kEventCount> by_component() const;
  std::map<std::string, double> by_layer() const;

 private:
  std::array<double, kEventCount> coefficients_{};
  std::map<std::pair<std::string, int>, EventCounts> counts_;  ///< by layer and tile
};

}  // namespace reprise
