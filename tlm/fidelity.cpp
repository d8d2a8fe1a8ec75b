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

std::vector<Candidate> candidates(const WeightImage& image) {
  const std::vector<std::string> layers = layer_names(image.network);
  std::vector<Candidate> all;
  for (const LayerMapping& mapping : image.mappings) {
    for (const EngineShare& share : mapping.engines) {
      const int engine = static_cast<int>(share.engine);
      all.push_back({engine, engine_name(engine, image.geometry), layers[static_cast<std::size_t>(mapping.layer)]});
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

}  // namespace

std::set<int> pin_level_engines(const WeightImage& image, const FidelityConfig& config) {
  const std::vector<Candidate> all = candidates(image);
  std::set<int> chosen;
  std::string faults;
  for (const std::string& pattern : config.rtl) {
    bool found = false;
    for (const Candidate& candidate : all) {
      if (!candidate.is(pattern)) continue;
      chosen.insert(candidate.engine);
      found = true;
    }
    if (!found) faults += (faults.empty() ? "'" : ", '") + pattern + "'";
  }
  if (!faults.empty()) {
    throw InputError("platform.fidelity.rtl: no processing engine is named " + faults + "; the engines by layer are " +
                     listing(all));
  }
  if (config.otherwise == Fidelity::rtl) {
    for (const Candidate& candidate : all) chosen.insert(candidate.engine);
  }
  return chosen;
}

}  // namespace reprise
