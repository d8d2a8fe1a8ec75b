#include "platform/energy.h"

namespace reprise {

EnergyLedger::EnergyLedger(const Technology& technology, int adc_bits) {
  for (std::size_t i = 0; i < kEventCount; ++i)
    coefficients_[i] = event_energy_pj(technology, static_cast<Event>(i), adc_bits);
}

void EnergyLedger::add(const std::string& layer, int tile, const EventCounts& counts) {
  counts_[{layer, tile}] += counts;
}

std::vector<EnergyLedger::Row> EnergyLedger::rows() const {
  std::vector<Row> rows;
  for (const auto& [place, counts] : counts_) {
    for (std::size_t i = 0; i < kEventCount; ++i) {
      const auto event = static_cast<Event>(i);
      const std::uint64_t count = counts[event];
      if (count == 0) continue;
      rows.push_back({event, place.first, place.second, count, static_cast<double>(count) * coefficients_[i]});
    }
  }
  return rows;
}

EventCounts EnergyLedger::counts() const {
  EventCounts sum;
  for (const auto& entry : counts_) sum += entry.second;
  return sum;
}

double EnergyLedger::picojoules(const EventCounts& counts) const {
  double sum = 0.0;
  for (std::size_t i = 0; i < kEventCount; ++i)
    sum += static_cast<double>(counts[static_cast<Event>(i)]) * coefficients_[i];
  return sum;
}

std::array<double, kEventCount> EnergyLedger::by_component() const {
  const EventCounts sum = counts();
  std::array<double, kEventCount> energies{};
  for (std::size_t i = 0; i < kEventCount; ++i)
    energies[i] = static_cast<double>(sum[static_cast<Event>(i)]) * coefficients_[i];
  return energies;
}

std::map<std::string, double> EnergyLedger::by_layer() const {
  std::map<std::string, EventCounts> sums;
  for (const auto& [place, counts] : counts_) sums[place.first] += counts;
  std::map<std::string, double> energies;
  for (const auto& [layer, counts] : sums) energies[layer] = picojoules(counts);
  return energies;
}

}  // namespace reprise
