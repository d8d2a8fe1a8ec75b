#include "platform/energy.h"

namespace reprise {
namespace {

constexpr double kPicojoulesPerMilliwattMicrosecond = 1000.0;

std::string static_name(Component component) {
  return std::string("static.") + component_name(component);
}

}  // namespace

EnergyLedger::EnergyLedger(const Technology& technology, int adc_bits, double time_us) {
  for (std::size_t i = 0; i < kEventCount; ++i)
    event_pj_[i] = event_energy_pj(technology, static_cast<Event>(i), adc_bits);
  for (std::size_t i = 0; i < kComponentCount; ++i)
    component_pj_[i] = component_static_mw(technology, static_cast<Component>(i), adc_bits) * time_us *
                       kPicojoulesPerMilliwattMicrosecond;
}

void EnergyLedger::add(const std::string& layer, int tile, const EventCounts& counts) {
  counts_[{layer, tile}].events += counts;
}

void EnergyLedger::add(const std::string& layer, int tile, const ComponentCounts& counts) {
  counts_[{layer, tile}].components += counts;
}

std::vector<EnergyLedger::Row> EnergyLedger::rows() const {
  std::vector<Row> rows;
  for (const auto& [place, counts] : counts_) {
    const auto add = [&, &where = place](const std::string& name, std::uint64_t count, double each) {
      if (count > 0) rows.push_back({name, where.first, where.second, count, static_cast<double>(count) * each});
    };
    for (std::size_t i = 0; i < kEventCount; ++i) {
      const auto event = static_cast<Event>(i);
      add(event_name(event), counts.events[event], event_pj_[i]);
    }
    for (std::size_t i = 0; i < kComponentCount; ++i) {
      const auto component = static_cast<Component>(i);
      add(static_name(component), counts.components[component], component_pj_[i]);
    }
  }
  return rows;
}

EventCounts EnergyLedger::counts() const {
  EventCounts sum;
  for (const auto& entry : counts_) sum += entry.second.events;
  return sum;
}

ComponentCounts EnergyLedger::components() const {
  ComponentCounts sum;
  for (const auto& entry : counts_) sum += entry.second.components;
  return sum;
}

double EnergyLedger::picojoules(const EventCounts& counts) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < kEventCount; ++i)
    sum += static_cast<double>(counts[static_cast<Event>(i)]) * event_pj_[i];
  return sum;
}

double EnergyLedger::picojoules(const ComponentCounts& counts) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < kComponentCount; ++i)
    sum += static_cast<double>(counts[static_cast<Component>(i)]) * component_pj_[i];
  return sum;
}

std::vector<std::pair<std::string, double>> EnergyLedger::by_component() const {
  std::vector<std::pair<std::string, double>> energies;
  const EventCounts events = counts();
  for (std::size_t i = 0; i < kEventCount; ++i) {
    const auto event = static_cast<Event>(i);
    energies.emplace_back(event_name(event), static_cast<double>(events[event]) * event_pj_[i]);
  }
  const ComponentCounts instances = components();
  for (std::size_t i = 0; i < kComponentCount; ++i) {
    const auto component = static_cast<Component>(i);
    energies.emplace_back(static_name(component), static_cast<double>(instances[component]) * component_pj_[i]);
  }
  return energies;
}

template <class Key>
std::map<Key, EnergyPart> EnergyLedger::sums_by(Key (*key)(const std::pair<std::string, int>&)) const {
  std::map<Key, Counts> sums;
  for (const auto& [place, counts] : counts_) {
    Counts& sum = sums[key(place)];
    sum.events += counts.events;
    sum.components += counts.components;
  }
  std::map<Key, EnergyPart> energies;
  for (const auto& [part, counts] : sums) energies[part] = {picojoules(counts.events), picojoules(counts.components)};
  return energies;
}

std::map<std::string, EnergyPart> EnergyLedger::by_layer() const {
  return sums_by<std::string>([](const std::pair<std::string, int>& place) { return place.first; });
}

std::map<int, EnergyPart> EnergyLedger::by_tile() const {
  return sums_by<int>([](const std::pair<std::string, int>& place) { return place.second; });
}

}  // namespace reprise
