#pragma once

#include <string>
#include <vector>

#include "support/config.h"
#include "support/config_reference.h"

namespace reprise {

/// A kind of YAML file that the program reads.
struct ConfigFile {
  std::string name;   ///< such as "scenario"
  std::string title;  ///< such as "Scenarios"
  std::string about;  ///< who reads it, in Markdown
  config::detail::Fields fields;
  std::vector<config::KeyDescription> keys;
};

/// All of them, scenarios first.
const std::vector<ConfigFile>& config_files();

/// The page docs/keys.md.
std::string keys_page();

/// A key, or a section with its keys, as text for the terminal. @throws InputError for an unknown one
std::string explain_key(const std::string& path);

/// The same for programs.
std::string explain_key_json(const std::string& path);

}  // namespace reprise
