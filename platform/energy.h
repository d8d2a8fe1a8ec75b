#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "platform/components.h"
#include "platform/technology.h"
#include "tlm/events.h"

namespace reprise {

/// Energy of a part of the machine, in pJ.
struct EnergyPart {
  double dynamic = 0.0;   ///< of events
  double standing = 0.0;  ///< of static power

  double total() const { return dynamic + standing; }
};

/// Counted events times what one costs, and instances times static power times the time of the run. Every sum is taken
/// from the same integers, so the parts add up to the total.
class EnergyLedger {
 public:
  struct Row {
    std::string component;  ///< an event's name, or "static." and that of a component
    std::string layer;      ///< "" for what belongs to none
    int tile = 0;
    std::uint64_t count = 0;  ///< events, or instances
    double picojoules = 0.0;
  };

  /// @param time_us  of the run
  /// @throws InputError as event_energy_pj() and component_static_mw()
  EnergyLedger(const Technology& technology, int adc_bits, double time_us);

  void add(const std::string& layer, int tile, const EventCounts& counts);
  /// Components that are on for the whole run.
  void add(const std::string& layer, int tile, const ComponentCounts& counts);

  /// By layer and tile, events before components; those that were not counted are left out.
  std::vector<Row> rows() const;
  EventCounts counts() const;
  ComponentCounts components() const;

  // Of any counts, in this technology and time.
  double picojoules(const EventCounts& counts) const;
  double picojoules(const ComponentCounts& counts) const;

  EnergyPart sum() const { return {picojoules(counts()), picojoules(components())}; }
  double total() const { return sum().total(); }
  /// All events and all components in their order, named as in the rows.
  std::vector<std::pair<std::string, double>> by_component() const;
  std::map<std::string, EnergyPart> by_layer() const;
  std::map<int, EnergyPart> by_tile() const;

 private:
  struct Counts {
    EventCounts events;
    ComponentCounts components;
  };
  template <class Key>
  std::map<Key, EnergyPart> sums_by(Key (*key)(const std::pair<std::string, int>&)) const;

  std::array<double, kEventCount> event_pj_{};
  std::array<double, kComponentCount> component_pj_{};
  std::map<std::pair<std::string, int>, Counts> counts_;  ///< by layer and tile
};

}  // namespace reprise
