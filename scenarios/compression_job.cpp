#include "scenarios/compression_job.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <vector>

#include "compression/image/image_file.h"
#include "compression/mapping/mapper.h"
#include "compression/network/onnx_export.h"
#include "compression/network/onnx_import.h"
#include "compression/passes/accuracy.h"
#include "compression/passes/compress_network.h"
#include "scenarios/compression_report.h"
#include "scenarios/effort.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"
#include "support/version.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;

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
  std::string sensitivity;  ///< CSV; empty where nothing was measured
};

Made run_passes(const Graph& graph, const Dataset& calibration, const CompressConfig& config, PhaseClock& clock) {
  std::optional<Dataset> validation;
  if (config.validation) validation = load_for(graph, *config.validation);
  CompressedNetwork result =
      compress_network(graph, config.preprocessing, calibration, validation ? &*validation : nullptr,
                       config.quantisation, *config.compression, config.hardware.unit_shape(), clock);
  const ValidationScores scores{result.validation_images, result.validation_before, result.validation_plain,
                                result.validation_after};
  return {std::move(result.network), std::move(result.plain), scores,
          result.sensitivity ? sensitivity_csv(*result.sensitivity) : ""};
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

/// The weight image, and beside it what is to be said about it.
void write_results(const CompressionJob& job, const WeightImage& image, const Made& made,
                   const CompressionReport& report) {
  const auto write_beside = [&](const char* ending, const std::string& text) {
    write_file_atomically(fs::path(job.output).replace_extension(ending), text);
  };
  write_image(job.output, image);
  write_beside(".json", report_json(image, report));
  write_beside(".effort.json", effort_json(report.phases));
  write_beside(".layers.csv", report_csv(image, report));
  if (!made.sensitivity.empty()) write_beside(".sensitivity.csv", made.sensitivity);
  log_info("wrote {}, and beside it .json, .effort.json and .layers.csv{}", job.output,
           made.sensitivity.empty() ? "" : " and .sensitivity.csv");
  if (!job.export_onnx) return;
  write_file_atomically(*job.export_onnx, export_onnx(made.network));
  log_info("wrote {}", *job.export_onnx);
}

/// A file by what is in it.
std::string content_of(const fs::path& file) {
  const std::string text = file_content(file);
  return fmt::format("{} {:016x}", file.string(), XXH3_64bits(text.data(), text.size()));
}

/// A file, too large to be read for this, by its size and when it was written last.
std::string state_of(const fs::path& file) {
  std::error_code missing;
  return fmt::format("{} {} {}", file.string(), fs::file_size(file, missing),
                     fs::last_write_time(file, missing).time_since_epoch().count());
}

}  // namespace

void check_calibration(const CompressConfig& config, const std::string& source) {
  if (!config.calibration.images.empty()) return;
  throw InputError(source + ": calibration.images: missing; expected a path here or --calibrate IMAGES");
}

CompressionOutcome compress(const CompressionJob& job) {
  CompressConfig config = job.config;
  if (config.compression) apply_preset(*config.compression);
  if (!config.mapping.engine) config.mapping.engine = engine_for(config.compression);
  const Graph graph = import_onnx(job.network);
  log_info("{}: {} nodes", job.network, graph.nodes.size());
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
  image.provenance.network_file = fs::path(job.network).filename().string();
  image.provenance.configuration = config::dump(config, compress_table());
  clock.start("evaluation");
  if (evaluation) measure_accuracy(graph, made.network, config, *evaluation, image.provenance);
  CompressionReport report = make_report(image, made.plain, made.network, evaluation ? *evaluation : calibration,
                                         static_cast<std::size_t>(config.report.images));
  report.validation = made.validation;
  report.phases = clock.stop();
  write_results(job, image, made, report);
  return {report_text(image, report), report_json(image, report)};
}

std::string compression_identity(const std::string& network, const CompressConfig& config) {
  std::string text = fmt::format("# reprise {}\n# {}\n", kVersionText, content_of(network));
  for (const DatasetConfig* dataset : {&config.calibration, config.validation ? &*config.validation : nullptr,
                                       config.evaluation ? &*config.evaluation : nullptr}) {
    if (dataset == nullptr) continue;
    text += "# " + state_of(dataset->images) + "\n";
    if (dataset->labels) text += "# " + state_of(*dataset->labels) + "\n";
  }
  return text + config::dump(config, compress_table());
}

std::string identity_hash(const std::string& identity) {
  return fmt::format("{:016x}", XXH3_64bits(identity.data(), identity.size()));
}

fs::path identity_file(const fs::path& image) {
  return fs::path(image).replace_extension(".identity.yaml");
}

bool image_is_made(const fs::path& image, const std::string& identity) {
  return fs::exists(image) && file_content(identity_file(image)) == identity;
}

void make_image_once(const CompressionJob& job) {
  const std::string identity = compression_identity(job.network, job.config);
  if (image_is_made(job.output, identity)) {
    log_info("{}: as it was made before", job.output);
    return;
  }
  fs::remove(identity_file(job.output));
  compress(job);
  write_file_atomically(identity_file(job.output), identity);
}

}  // namespace reprise
