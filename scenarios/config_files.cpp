#include "scenarios/config_files.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/experiment.h"
#include "scenarios/reproduction_config.h"
#include "scenarios/sweep_config.h"
#include "support/error.h"

namespace reprise {
namespace {

using config::KeyDescription;

template <class T>
ConfigFile file_of(const std::string& name, const std::string& title, const std::string& about,
                   const config::Table<T>& table) {
  return {name, title, about, table.fields(), config::describe_keys(table)};
}

bool is_within(const std::string& path, const std::string& section) {
  return path == section || (path.rfind(section, 0) == 0 && path.size() > section.size() &&
                             (path[section.size()] == '.' || path[section.size()] == '['));
}

std::vector<const KeyDescription*> keys_within(const std::string& section) {
  std::vector<const KeyDescription*> found;
  for (const ConfigFile& file : config_files()) {
    for (const KeyDescription& key : file.keys) {
      if (is_within(key.path, section)) found.push_back(&key);
    }
  }
  if (!found.empty()) return found;
  const std::string last = section.substr(section.rfind('.') + 1);
  std::vector<std::string> alike;
  std::vector<std::string> all;
  for (const ConfigFile& file : config_files()) {
    for (const KeyDescription& key : file.keys) {
      all.push_back(key.path);
      if (key.path.substr(key.path.rfind('.') + 1) == last) alike.push_back(key.path);
    }
  }
  throw InputError(fmt::format("--explain: {}: unknown key; {}", section,
                               config::detail::suggest(section, alike.empty() ? all : alike)));
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

/// `|` would end a cell of a table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string row(const KeyDescription& key) {
  const std::string preset = key.required ? "required" : or_dash(key.preset);
  if (key.section)
    return fmt::format("| **`{}`** | {} | | | {} | {} |\n", key.path, key.type, key.required ? "required" : "",
                       cell(key.meaning));
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.path, key.type, or_dash(key.unit),
                     or_dash(cell(key.range)), cell(preset), cell(key.meaning));
}

}  // namespace

const std::vector<ConfigFile>& config_files() {
  static const std::vector<ConfigFile> files{
      file_of(
          "scenario", "Scenarios",
          "Read by `reprise run`; the sections from `preprocessing` on, which say how a network is compressed, also "
          "by `reprise compress`. [machine.md](machine.md) says what the constants of `platform` do.",
          experiment_table()),
      file_of("sweep", "Sweeps", "Read by `reprise sweep` and `reprise optimise`: [sweeps.md](sweeps.md).",
              sweep_table()),
      file_of("comparison", "Comparisons", "Read by `reprise reproduce --networks`.", reproduction_table()),
  };
  return files;
}

std::string keys_page() {
  std::string page =
      "# Every key of the YAML files\n\n"
      "Made by `reprise config --keys` from the tables that the program reads its files by; a test compares. A default "
      "of `-` means that\nthe key may be left out, and then is not there. Every file may also have `include`: "
      "[usage.md](usage.md#one-file-an-experiment).\n";
  for (const ConfigFile& file : config_files()) {
    page +=
        fmt::format("\n## {}\n\n{}\n\n| key | type | unit | range | default | meaning |\n|---|---|---|---|---|---|\n",
                    file.title, file.about);
    for (const KeyDescription& key : file.keys) page += row(key);
  }
  return page;
}

std::string explain_key(const std::string& path) {
  std::string text;
  for (const KeyDescription* key : keys_within(path)) {
    text += key->path + "\n    " + config::plain_text(key->meaning) + "\n";
    if (key->section) continue;
    text += "    " + key->expected;
    if (!key->unit.empty()) text += ", in " + key->unit;
    text += key->required ? "; required\n" : "; default: " + or_dash(key->preset) + "\n";
  }
  return text;
}

std::string explain_key_json(const std::string& path) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const KeyDescription* key : keys_within(path)) {
    json.push_back({{"key", key->path},
                    {"type", key->type},
                    {"unit", key->unit},
                    {"range", key->range},
                    {"default", key->preset},
                    {"required", key->required},
                    {"meaning", config::plain_text(key->meaning)}});
  }
  return json.dump(2) + "\n";
}

}  // namespace reprise
