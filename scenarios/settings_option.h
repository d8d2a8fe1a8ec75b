#pragma once

#include <string>
#include <vector>

#include "support/config.h"

namespace CLI {
class App;
}

namespace reprise {

/// Adds `--set KEY=VALUE`, which may be given several times.
void add_settings_option(CLI::App& command, std::vector<std::string>& settings);

/// What a file is read with: settings of the command line, and the presets that are shipped.
config::Layers shipped_layers(const std::vector<std::string>& settings = {});

}  // namespace reprise
