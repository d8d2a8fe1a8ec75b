#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>

#include <map>
#include <regex>

#include "scenarios/compress_config.h"
#include "scenarios/scenario.h"
#include "support/error.h"
#include "tests/scenarios/workshop.h"

// docs/usage.md has a row for every key: its name, what the program says it expects, and its default.

namespace {

using namespace reprise;
using namespace reprise::test;

using Leaves = std::map<std::string, std::string>;  // key path -> value

void collect(const YAML::Node& node, const std::string& path, Leaves& leaves) {
  if (!node.IsMap()) {
    const std::string text = YAML::Dump(node);
    leaves[path] = text == "\"\"" ? "-" : text;
    return;
  }
  for (const auto& pair : node) {
    collect(pair.second, (path.empty() ? "" : path + ".") + pair.first.as<std::string>(), leaves);
  }
}

template <class T>
Leaves leaves_of(const T& value, const config::Table<T>& table) {
  Leaves leaves;
  collect(YAML::Load(config::dump(value, table)), "", leaves);
  return leaves;
}

/// What the program says it expects of a key: the end of its complaint about a value of the wrong kind.
template <class T>
std::string expectation(const std::string& path, const config::Table<T>& table) {
  std::string yaml = "{}";
  for (std::size_t end = path.size(); end != std::string::npos;) {
    const std::size_t dot = end == 0 ? std::string::npos : path.rfind('.', end - 1);
    const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
    yaml = "{" + path.substr(begin, end - begin) + ": " + yaml + "}";
    end = dot;
  }
  try {
    config::parse(yaml, "text", table);
  } catch (const InputError& error) {
    const std::string message = error.what() + std::string("\n");
    const std::string complaint = " " + path + ": found a mapping; expected ";
    const std::size_t begin = message.find(complaint);
    REQUIRE(begin != std::string::npos);
    return message.substr(begin + complaint.size(), message.find('\n', begin) - begin - complaint.size());
  }
  return "";
}

/// The name under which the document has a key: those of data sets stand in one table of their own.
std::string documented_name(const std::string& path) {
  for (const std::string data_set : {"calibration.", "validation.", "evaluation.", "dataset."}) {
    if (path.rfind(data_set, 0) == 0) return path.substr(data_set.size());
  }
  return path;
}

/// `full` has every key, `preset` only those with a default.
template <class T>
void check_documented(const T& full, const T& preset, const config::Table<T>& table) {
  const std::string document = read_text(source_file("docs/usage.md"));
  const Leaves defaults = leaves_of(preset, table);
  const Leaves all = leaves_of(full, table);
  CHECK(all.size() > 20);
  for (const auto& [path, value] : all) {
    const auto found = defaults.find(std::regex_replace(path, std::regex("^(validation|evaluation)"), "calibration"));
    const std::string expected = expectation(path, table);
    const bool required = documented_name(path) == "format";
    const std::string value_if_absent = required ? "required" : found == defaults.end() ? "-" : found->second;
    const std::string row = "\n| `" + documented_name(path) + "` | " + expected + " | " + value_if_absent + " | ";
    INFO("docs/usage.md has no row" << row);
    CHECK(document.find(row) != std::string::npos);
  }
}

/// With every key that may be absent.
DatasetConfig full_dataset() {
  DatasetConfig config;
  config.labels = "labels";
  config.layout = DatasetLayout::nchw;
  config.channels = config.height = config.width = 1;
  config.count = config.every = config.except_every = 2;
  for (const auto& field : dataset_table().fields().fields) REQUIRE(field.present(&config));
  return config;
}

/// With every pass, and their defaults.
CompressionConfig all_passes() {
  CompressionConfig config;
  config.preset = CompressionPreset::all;
  apply_preset(config);
  config.preset.reset();
  config.fine_tuning.emplace();
  return config;
}

CompressionConfig full_compression() {
  CompressionConfig config = all_passes();
  config.preset = CompressionPreset::all;
  config.pattern_pruning->masks = config.pattern_transform->codebooks = "folder";
  const auto table = compression_table();
  for (const auto& field : table.fields().fields) REQUIRE(field.present(&config));
  return config;
}

TEST_CASE("Every key of a compression is documented") {
  CompressConfig full;
  full.calibration = full_dataset();
  full.validation = full_dataset();
  full.evaluation = full_dataset();
  full.compression = full_compression();
  full.hardware.operation_unit.group_rows = 126;
  full.mapping.engine_budget = 100;
  for (const auto& field : compress_table().fields().fields) REQUIRE(field.present(&full));
  CompressConfig preset;
  preset.compression = all_passes();
  check_documented(full, preset, compress_table());
}

TEST_CASE("Every key of a scenario is documented") {
  Scenario full;
  full.dataset = full_dataset();
  full.platform.buffer_rows = 1;
  full.platform.replication.engines = 1;
  AdcConfig& adc = full.platform.adc;
  adc.curve = adc.inl = adc.values = std::vector<double>{};
  adc.gain = adc.offset = 1.0;
  adc.offsets = AdcOffsetConfig{std::vector<double>{}, 1.0, 1};
  adc.noise.emplace();
  full.adc_law = AdcLawChoice::saberi;
  for (const auto& field : scenario_table().fields().fields) REQUIRE(field.present(&full));
  check_documented(full, Scenario{}, scenario_table());
}

TEST_CASE("The tables of the technologies are what the program prints") {
  const std::string document = read_text(source_file("docs/technology.md"));
  for (const char* name : {"isaac", "puma"}) {
    const std::string text = run_program({"technology", name}).out;
    const std::size_t begin = text.find("design ");
    REQUIRE(begin != std::string::npos);
    const std::string table = text.substr(begin, text.find("\n\n", begin) - begin);
    INFO("docs/technology.md lacks this table:\n" << table);
    CHECK(document.find("\n" + table + "\n```\n") != std::string::npos);
  }
}

TEST_CASE("Every subcommand and option is documented") {
  const std::string document = read_text(source_file("docs/usage.md"));
  for (const char* command : {"compress", "inspect", "run", "compare", "reproduce", "technology", "report"}) {
    const std::string help = run_program({command, "--help"}).out;
    CHECK(help.find(command) != std::string::npos);
    for (std::size_t dash = help.find("--"); dash != std::string::npos; dash = help.find("--", dash + 2)) {
      const std::string option =
          help.substr(dash, help.find_first_not_of("abcdefghijklmnopqrstuvwxyz", dash + 2) - dash);
      INFO(command << " " << option);
      CHECK(document.find("`" + option) != std::string::npos);
    }
  }
}

}  // namespace
