#include "scenarios/effort.h"

#include <nlohmann/json.hpp>

namespace reprise {

std::string effort_json(const std::vector<PhaseClock::Phase>& phases) {
  using Json = nlohmann::ordered_json;
  Json json{{"seconds", Json::object()}, {"processor_seconds", Json::object()}, {"peak_memory_mib", peak_memory_mib()}};
  for (const PhaseClock::Phase& phase : phases) {
    json["seconds"][phase.name] = phase.seconds;
    json["processor_seconds"][phase.name] = phase.processor_seconds;
  }
  return json.dump(2) + "\n";
}

}  // namespace reprise
