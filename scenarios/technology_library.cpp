#include "scenarios/technology_library.h"

#include <fmt/format.h>

#include "scenarios/share_folder.h"
#include "support/error.h"

namespace reprise {

const TechnologyNames& known_technologies() {
  static const TechnologyNames names = technologies_in(share_folder() / "technology");
  return names;
}

Technology find_technology(const std::string& name_or_file) {
  const TechnologyNames& names = known_technologies();
  const auto found = names.find(name_or_file);
  if (found != names.end()) return load_technology(found->second, names);
  if (name_or_file.find_first_of("./") != std::string::npos) return load_technology(name_or_file, names);
  std::string known;
  for (const auto& entry : names) known += entry.first + ", ";
  throw InputError(fmt::format("technology: found {}; expected one of {}or a path", name_or_file, known));
}

}  // namespace reprise
