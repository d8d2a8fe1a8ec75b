#include "tlm/fidelity.h"

#include <string>
#include <vector>

#include "support/error.h"
#include "tlm/component_names.h"

namespace reprise {
namespace {

struct Candidate {
  int engine = 0;
  std::string name;
  std::string layer;

  bool is(const std::string& pattern) const {
    return matches(pattern, name) || matches(pattern, layer) || matches(pattern, layer + '.' + name);
  }
};

std::vector<Candidate> candidates(const WeightImage& image, const RoundPlan& rounds) {
  const std::vector<std::string> layers = layer_names(image.network);
  std::vector<Candidate> all;
  for (const LayerMapping& mapping : image.mappings) {
    for (const EngineShare& share : mapping.engines) {
      const int engine = static_cast<int>(share.engine);
      all.push_back(
          {engine, engine_name(engine, image.geometry, rounds), layers[static_cast<std::size_t>(mapping.layer)]});
    }
  }
  return all;
}

/// "conv1: tile0.pe0 to tile0.pe2; fc1: tile0.pe3".
std::string listing(const std::vector<Candidate>& all) {
  std::string text;
  for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
    while (end < all.size() && all[end].layer == all[first].layer) ++end;
    text += (text.empty() ? "" : "; ") + all[first].layer + ": " + all[first].name;
    if (end - first > 1) text += " to " + all[end - 1].name;
  }
  return text.empty() ? "none" : text;
}

/// "; the routers are tile0.router to tile3.router".
std::string router_listing(int routers) {
  if (routers == 0) return "";
  return "; the routers are " + router_name(0) + (routers > 1 ? " to " + router_name(routers - 1) : "");
}

bool choose(const std::string& pattern, const std::vector<Candidate>& engines, int routers, PinLevelParts& chosen) {
  bool found = false;
  for (const Candidate& engine : engines) {
    if (!engine.is(pattern)) continue;
    chosen.engines.insert(engine.engine);
    found = true;
  }
  for (int tile = 0; tile < routers; ++tile) {
    if (!matches(pattern, router_name(tile))) continue;
    chosen.routers.insert(tile);
    found = true;
  }
  return found;
}

}  // namespace

PinLevelParts pin_level_parts(const WeightImage& image, const FidelityConfig& config, int routers,
                              const RoundPlan& rounds) {
  const std::vector<Candidate> engines = candidates(image, rounds);
  PinLevelParts chosen;
  std::string faults;
  for (const std::string& pattern : config.rtl) {
    if (!choose(pattern, engines, routers, chosen)) faults += (faults.empty() ? "'" : ", '") + pattern + "'";
  }
  if (!faults.empty()) {
    throw InputError(std::string("platform.fidelity.rtl: no processing engine ") + (routers > 0 ? "or router " : "") +
                     "is named " + faults + "; the engines by layer are " + listing(engines) + router_listing(routers));
  }
  if (config.otherwise == Fidelity::rtl) choose("*", engines, routers, chosen);
  return chosen;
}

}  // namespace reprise
