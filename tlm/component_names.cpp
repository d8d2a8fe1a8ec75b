#include "tlm/component_names.h"

#include <fnmatch.h>

#include <cctype>
#include <set>

namespace reprise {
namespace {

/// Different from those in `taken`.
std::string layer_name(const std::string& of_network, std::set<std::string>& taken) {
  std::string name;
  for (char c : of_network) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "layer_");
  while (!taken.insert(name).second) name += '_';
  return name;
}

}  // namespace

std::string engine_name(int number, const Geometry& geometry) {
  return "tile" + std::to_string(number / geometry.engines_per_tile) + ".pe" +
         std::to_string(number % geometry.engines_per_tile);
}

std::vector<std::string> layer_names(const NetworkDescription& network) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) names.push_back(layer_name(layer.name, taken));
  names.push_back(layer_name("output", taken));
  return names;
}

bool matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace reprise
