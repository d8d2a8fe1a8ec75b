#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/commands.h"
#include "scenarios/compress_config.h"
#include "scenarios/compression_job.h"
#include "scenarios/settings_option.h"
#include "support/error.h"

namespace reprise {
namespace {

struct Options {
  std::string network;
  std::string config;
  std::string output;
  std::optional<std::string> export_onnx;
  std::optional<std::string> calibrate;
  std::optional<CompressionPreset> preset;
  bool no_fine_tuning = false;
  std::optional<EngineKind> engine;
  std::optional<Granularity> granularity;
  std::optional<Encoding> encoding;
  std::vector<std::string> settings;
  bool json = false;
};

CompressConfig effective_config(const Options& options) {
  CompressConfig config = config::load(options.config, compress_table(), shipped_layers(options.settings));
  if (options.calibrate) config.calibration.images = std::filesystem::absolute(*options.calibrate).string();
  check_calibration(config, options.config);
  if (options.preset && !config.compression) config.compression.emplace();
  if (options.preset) config.compression->preset = *options.preset;
  if (options.no_fine_tuning && config.compression) config.compression->fine_tuning.reset();
  if (options.engine) config.mapping.engine = *options.engine;
  if (options.granularity) config.mapping.granularity = *options.granularity;
  if (options.encoding) config.mapping.encoding = *options.encoding;
  return config;
}

/// Found out before the work, not after it. The ending also keeps the report beside the image, and the network, safe.
void check_output(const std::string& option, const std::filesystem::path& output, const std::string& ending) {
  if (output.extension() != ending) {
    throw InputError(option + ": " + output.string() + ": expected a file name that ends in " + ending);
  }
  if (output.has_parent_path() && !std::filesystem::is_directory(output.parent_path())) {
    throw InputError(option + ": " + output.string() + ": there is no folder " + output.parent_path().string());
  }
}

void check_outputs(const Options& options) {
  check_output("--output", options.output, ".h5");
  if (!options.export_onnx) return;
  check_output("--export-onnx", *options.export_onnx, ".onnx");
  std::error_code no_such_file;
  if (std::filesystem::equivalent(*options.export_onnx, options.network, no_such_file)) {
    throw InputError("--export-onnx: " + *options.export_onnx + ": this is the trained network; expected another file");
  }
}

void compress(const Options& options) {
  check_outputs(options);
  const CompressionOutcome outcome =
      compress(CompressionJob{options.network, effective_config(options), options.output, options.export_onnx});
  std::cout << (options.json ? outcome.json : outcome.report);
}

template <class Values>
auto names_of(const Values& values) {
  std::map<std::string, typename Values::value_type> names;
  for (const auto value : values) names.emplace(to_string(value), value);
  return names;
}

/// An option in place of a key whose value is one of some names.
template <class E>
void add_choice(CLI::App& command, const char* option, std::optional<E>& target, const std::map<std::string, E>& names,
                const char* key) {
  std::vector<std::string> words;
  for (const auto& [name, value] : names) words.push_back(name);
  command.add_option(option, target, fmt::format("In place of {}", key))
      ->transform(CLI::CheckedTransformer(names).description(fmt::format("{}", fmt::join(words, "|"))))
      ->type_name("NAME");
}

}  // namespace

void add_compress_command(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compress", "Compress a trained network and write its weight image");
  command->add_option("network", options->network, "Trained network, ONNX")->required()->type_name("NET.onnx");
  command->add_option("-c,--config", options->config, "How to compress, YAML")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output, "Weight image to write; a report goes beside it as .json")
      ->required()
      ->type_name("IMAGE.h5");
  command
      ->add_option("--export-onnx", options->export_onnx,
                   "Also write the compressed 8-bit network as ONNX, for other programs to run")
      ->type_name("FILE.onnx");
  command->add_option("--calibrate", options->calibrate, "Calibration images, in place of calibration.images")
      ->type_name("IMAGES");
  add_choice(*command, "--preset", options->preset, compression_presets(), "compression.preset");
  command->add_flag("--no-fine-tuning", options->no_fine_tuning, "Leave out compression.fine_tuning");
  add_choice(*command, "--engine", options->engine, names_of(kEngineKinds), "mapping.engine");
  add_choice(*command, "--granularity", options->granularity,
             names_of(std::array{Granularity::kernel, Granularity::bit_column}), "mapping.granularity");
  add_choice(*command, "--encoding", options->encoding,
             names_of(std::array{Encoding::twos_complement, Encoding::differential}), "mapping.encoding");
  add_settings_option(*command, options->settings);
  command->add_flag("--json", options->json, "The report as JSON");
  command->footer(
      "Example: reprise compress lenet5.onnx --calibrate train-images-idx3-ubyte.gz -c lenet5.yaml -o lenet5.h5");
  command->callback([options] { compress(*options); });
}

}  // namespace reprise
