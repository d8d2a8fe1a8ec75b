#pragma once

#include <map>
#include <string>

namespace CLI {
class App;
}

/// What the options say of themselves (`--help`), for shells and for `man`.
namespace reprise {

/// Pages of section 1 by name: reprise, reprise-run, ...
std::map<std::string, std::string> manual_pages(const CLI::App& app);

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace reprise
