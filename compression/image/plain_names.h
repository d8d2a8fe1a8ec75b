#pragma once

#include <string>
#include <vector>

namespace reprise {

/// The same names in letters, digits and `_` only, as waveforms and files need them: any other character becomes `_`;
/// what is empty or begins with a digit gets the prefix `layer_`; what is there already gets further `_` at its end.
std::vector<std::string> plain_names(const std::vector<std::string>& names);

}  // namespace reprise
