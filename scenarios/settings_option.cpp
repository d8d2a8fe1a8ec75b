#include "scenarios/settings_option.h"

#include <CLI/CLI.hpp>

#include "scenarios/share_folder.h"

namespace reprise {

void add_settings_option(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("--set", settings, "A key in place of the file's, such as platform.adc.bits=3; null: its default")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);  // one each time
}

config::Layers shipped_layers(const std::vector<std::string>& settings) {
  return {settings, share_folder() / "presets"};
}

}  // namespace reprise
