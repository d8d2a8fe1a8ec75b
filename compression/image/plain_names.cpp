#include "compression/image/plain_names.h"

#include <cctype>
#include <set>

namespace reprise {

std::vector<std::string> plain_names(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    std::string plain;
    for (const char c : name) plain += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    if (plain.empty() || std::isdigit(static_cast<unsigned char>(plain.front())) != 0) plain.insert(0, "layer_");
    while (!taken.insert(plain).second) plain += '_';
    result.push_back(plain);
  }
  return result;
}

}  // namespace reprise
