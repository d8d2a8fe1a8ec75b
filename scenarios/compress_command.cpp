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

#include "compression/image/image_file.h"
#include "compression/mapping/mapper.h"
#include "compression/network/onnx_export.h"
#include "compression/network/onnx_import.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/compress_network.h"
#include "scenarios/commands.h"
#include "scenarios/compress_config.h"
#include "scenarios/compression_report.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"
#include "support/version.h"

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
};

CompressConfig effective_config(const Options& options) {
  CompressConfig config = config::load<CompressConfig>(options.config, compress_table());
  if (options.calibrate) config.calibration.images = std::filesystem::absolute(*options.calibrate).string();
  if (config.calibration.images.empty()) {
    throw InputError(options.config + ": calibration.images: missing; expected a path here or --calibrate IMAGES");
  }
  if (options.preset && !config.compression) config.compression.emplace();
  if (options.preset) config.compression->preset = *options.preset;
  if (options.no_fine_tuning && config.compression) config.compression->fine_tuning.reset();
  if (options.engine) config.mapping.engine = *options.engine;
  if (options.granularity) config.mapping.granularity = *options.granularity;
  if (options.encoding) config.mapping.encoding = *options.encoding;
  return config;
}

/// The engine that makes use of what the passes do.
EngineKind engine_for(const std::optional<CompressionConfig>& compression) {
  if (!compression) return EngineKind::wpr;
  const bool patterns = compression->pattern_pruning.has_value();
  const bool patches = compression->patch_quantisation.has_value();
  if (const auto& transform = compression->pattern_transform) {
    const bool exact = !transform->signs && transform->scales == 1;
    return exact && !patches ? EngineKind::wpr : EngineKind::reprise;
  }
  if (patches) return EngineKind::mixed_ou;
  return patterns ? EngineKind::pattern_pruned : EngineKind::wpr;
}

std::string shape_text(const Shape& shape) {
  return fmt::format("{} x {} x {}", shape.channels, shape.height, shape.width);
}

Dataset load_for(const Graph& graph, const DatasetConfig& config) {
  Dataset dataset = load_dataset(config);
  if (dataset.shape() != graph.input_shape) {
    throw InputError(fmt::format("{}: the images are {} (channels x height x width); the network '{}' takes {}",
                                 config.images, shape_text(dataset.shape()), graph.name,
                                 shape_text(graph.input_shape)));
  }
  return dataset;
}

/// A network in integers, and what was found out on the way to it.
struct Made {
  QuantisedNetwork network;
  QuantisedNetwork plain;  ///< in 8 bits and nothing else
  std::optional<ValidationScores> validation;
  std::string sensitivity;  ///< CSV; empty without passes
};

Made run_passes(const Graph& graph, const Dataset& calibration, const CompressConfig& config, PhaseClock& clock) {
  std::optional<Dataset> validation;
  if (config.validation) validation = load_for(graph, *config.validation);
  CompressedNetwork result =
      compress_network(graph, config.preprocessing, calibration, validation ? &*validation : nullptr,
                       config.quantisation, *config.compression, config.hardware.unit_shape(), clock);
  const ValidationScores scores{result.validation_images, result.validation_before, result.validation_plain,
                                result.validation_after};
  return {std::move(result.network), std::move(result.plain), scores, sensitivity_csv(result.sensitivity)};
}

Made make_network(const Graph& graph, const Dataset& calibration, const CompressConfig& config, PhaseClock& clock) {
  if (config.compression) return run_passes(graph, calibration, config, clock);
  std::vector<std::vector<float>> inputs;
  const std::size_t wanted = static_cast<std::size_t>(config.quantisation.calibration_images);
  for (std::size_t i = 0; i < std::min(calibration.size(), wanted); ++i) {
    inputs.push_back(calibration.preprocessed(i, config.preprocessing));
  }
  log_info("calibrating on {} images", inputs.size());
  const QuantisedNetwork network = quantise(graph, config.preprocessing, inputs, config.quantisation);
  return {network, network, {}, {}};
}

std::optional<Dataset> load_evaluation(const Graph& graph, const std::optional<DatasetConfig>& config) {
  if (!config) return std::nullopt;
  Dataset dataset = load_for(graph, *config);
  if (!dataset.has_labels()) {
    throw InputError(config->images + ": evaluation.labels: missing; accuracy needs labels");
  }
  return dataset;
}

void measure_accuracy(const Graph& graph, const QuantisedNetwork& network, const CompressConfig& config,
                      const Dataset& dataset, Provenance& provenance) {
  provenance.float_accuracy = float_accuracy(graph, dataset, config.preprocessing);
  provenance.reference_accuracy = reference_accuracy(network, dataset);
  provenance.evaluation_images = dataset.size();
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

/// The weight image, and beside it what is to be said about it.
void write_results(const Options& options, const WeightImage& image, const Made& made,
                   const CompressionReport& report) {
  const auto write_beside = [&](const char* ending, const std::string& text) {
    write_file_atomically(std::filesystem::path(options.output).replace_extension(ending), text);
  };
  write_image(options.output, image);
  write_beside(".json", report_json(image, report));
  write_beside(".effort.json", effort_json(report));
  write_beside(".layers.csv", report_csv(image, report));
  if (!made.sensitivity.empty()) write_beside(".sensitivity.csv", made.sensitivity);
  log_info("wrote {}, and beside it .json, .effort.json and .layers.csv{}", options.output,
           made.sensitivity.empty() ? "" : " and .sensitivity.csv");
  if (!options.export_onnx) return;
  write_file_atomically(*options.export_onnx, export_onnx(made.network));
  log_info("wrote {}", *options.export_onnx);
}

void compress(const Options& options) {
  check_outputs(options);
  CompressConfig config = effective_config(options);
  if (config.compression) apply_preset(*config.compression);
  if (!config.mapping.engine) config.mapping.engine = engine_for(config.compression);
  const Graph graph = import_onnx(options.network);
  log_info("{}: {} nodes", options.network, graph.nodes.size());
  PhaseClock clock;
  clock.start("calibration");
  const Dataset calibration = load_for(graph, config.calibration);
  const std::optional<Dataset> evaluation = load_evaluation(graph, config.evaluation);
  const Made made = make_network(graph, calibration, config, clock);
  clock.start("mapping");
  MappingConfig mapping = config.mapping;
  mapping.hardware = config.hardware;
  WeightImage image = map_network(made.network, mapping);
  image.provenance.program_version = kVersionText;
  image.provenance.network_file = std::filesystem::path(options.network).filename().string();
  image.provenance.configuration = config::dump(config, compress_table());
  clock.start("evaluation");
  if (evaluation) measure_accuracy(graph, made.network, config, *evaluation, image.provenance);
  CompressionReport report = make_report(image, made.plain, made.network, evaluation ? *evaluation : calibration,
                                         static_cast<std::size_t>(config.report.images));
  report.validation = made.validation;
  report.phases = clock.stop();
  write_results(options, image, made, report);
  std::cout << report_text(image, report);
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
  command->footer(
      "Example: reprise compress lenet5.onnx --calibrate train-images-idx3-ubyte.gz -c lenet5.yaml -o lenet5.h5");
  command->callback([options] { compress(*options); });
}

}  // namespace reprise
