#pragma once

#include <string>

#include "platform/technology.h"

namespace reprise {

/// The technologies that come with the program.
const TechnologyNames& known_technologies();

/// A technology by its name, or by a path: what has a `/` or a `.` in it.
/// @throws InputError as load_technology(), and for a name that is not known
Technology find_technology(const std::string& name_or_file);

}  // namespace reprise
