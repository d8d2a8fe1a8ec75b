#include "tlm/component_names.h"

#include <fnmatch.h>

#include "compression/image/plain_names.h"

namespace reprise {

std::string engine_name(int number, const Geometry& geometry, const RoundPlan& rounds) {
  const int engine = rounds.chip_engine(number);
  const int round = rounds.round_of_engine(number);
  return "tile" + std::to_string(engine / geometry.engines_per_tile) + ".pe" +
         std::to_string(engine % geometry.engines_per_tile) + (round > 0 ? "_round" + std::to_string(round) : "");
}

std::string router_name(int tile) {
  return "tile" + std::to_string(tile) + ".router";
}

std::vector<std::string> layer_names(const NetworkDescription& network) {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) names.push_back(layer.name);
  names.emplace_back("output");
  return plain_names(names);
}

bool matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace reprise
