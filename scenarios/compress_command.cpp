#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "compression/image/image_description.h"
#include "compression/image/image_file.h"
#include "compression/mapping/mapper.h"
#include "compression/network/onnx_import.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/compress_network.h"
#include "scenarios/commands.h"
#include "scenarios/compress_config.h"
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
  std::optional<std::string> calibrate;
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

QuantisedNetwork compressed_network(const Graph& graph, const Dataset& calibration, const CompressConfig& config,
                                    const std::filesystem::path& output) {
  CompressedNetwork result =
      compress_network(graph, config.preprocessing, calibration, config.quantisation, *config.compression,
                       config.hardware.operation_unit.rows, config.hardware.operation_unit.columns);
  std::filesystem::path table = output;
  write_file_atomically(table.replace_extension(".sensitivity.csv"), sensitivity_csv(result.sensitivity));
  return std::move(result.network);
}

QuantisedNetwork make_network(const Graph& graph, const CompressConfig& config, const std::filesystem::path& output) {
  const Dataset dataset = load_for(graph, config.calibration);
  if (config.compression) return compressed_network(graph, dataset, config, output);
  std::vector<std::vector<float>> inputs;
  const std::size_t wanted = static_cast<std::size_t>(config.quantisation.calibration_images);
  for (std::size_t i = 0; i < std::min(dataset.size(), wanted); ++i) {
    inputs.push_back(dataset.preprocessed(i, config.preprocessing));
  }
  log_info("calibrating on {} images", inputs.size());
  return quantise(graph, config.preprocessing, inputs, config.quantisation);
}

void measure_accuracy(const Graph& graph, const QuantisedNetwork& network, const CompressConfig& config,
                      Provenance& provenance) {
  if (!config.evaluation) return;
  const Dataset dataset = load_for(graph, *config.evaluation);
  if (!dataset.has_labels()) {
    throw InputError(config.evaluation->images + ": evaluation.labels: missing; accuracy needs labels");
  }
  provenance.float_accuracy = float_accuracy(graph, dataset, config.preprocessing);
  provenance.reference_accuracy = reference_accuracy(network, dataset);
  provenance.evaluation_images = dataset.size();
}

/// Found out before the work, not after it. The ending also keeps the report beside it, and the network, safe.
void check_output(const std::filesystem::path& output) {
  if (output.extension() != ".h5") {
    throw InputError("--output: " + output.string() + ": expected a file name that ends in .h5");
  }
  if (output.has_parent_path() && !std::filesystem::is_directory(output.parent_path())) {
    throw InputError("--output: " + output.string() + ": there is no folder " + output.parent_path().string());
  }
}

void compress(const Options& options) {
  check_output(options.output);
  CompressConfig config = effective_config(options);
  if (config.compression) apply_preset(*config.compression);
  if (!config.mapping.engine) config.mapping.engine = engine_for(config.compression);
  const Graph graph = import_onnx(options.network);
  log_info("{}: {} nodes", options.network, graph.nodes.size());
  const QuantisedNetwork network = make_network(graph, config, options.output);
  MappingConfig mapping = config.mapping;
  mapping.hardware = config.hardware;
  WeightImage image = map_network(network, mapping);
  image.provenance.program_version = kVersionText;
  image.provenance.network_file = std::filesystem::path(options.network).filename().string();
  image.provenance.configuration = config::dump(config, compress_table());
  measure_accuracy(graph, network, config, image.provenance);
  write_image(options.output, image);
  std::filesystem::path report = options.output;
  write_file_atomically(report.replace_extension(".json"), describe_image_json(image) + "\n");
  std::cout << describe_image(image);
  log_info("wrote {} and {}", options.output, report.string());
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
  command->add_option("--calibrate", options->calibrate, "Calibration images, in place of calibration.images")
      ->type_name("IMAGES");
  std::map<std::string, EngineKind> engines;
  for (const EngineKind engine : kEngineKinds) engines.emplace(to_string(engine), engine);
  const std::map<std::string, Granularity> granularities{{"kernel", Granularity::kernel},
                                                         {"bit_column", Granularity::bit_column}};
  const std::map<std::string, Encoding> encodings{{"twos_complement", Encoding::twos_complement},
                                                  {"differential", Encoding::differential}};
  command->add_option("--engine", options->engine, "In place of mapping.engine")
      ->transform(CLI::CheckedTransformer(engines));
  command->add_option("--granularity", options->granularity, "In place of mapping.granularity")
      ->transform(CLI::CheckedTransformer(granularities));
  command->add_option("--encoding", options->encoding, "In place of mapping.encoding")
      ->transform(CLI::CheckedTransformer(encodings));
  command->footer(
      "Example: reprise compress lenet5.onnx --calibrate train-images-idx3-ubyte.gz -c lenet5.yaml -o lenet5.h5");
  command->callback([options] { compress(*options); });
}

}  // namespace reprise
