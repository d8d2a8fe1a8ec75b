#include "scenarios/experiment.h"

#include <utility>

#include "scenarios/settings_option.h"
#include "support/error.h"

namespace reprise {
namespace {

/// The file that `compression_file` names, under what is there already.
void lay_under_compression_file(config::Node& node, const config::Layers& layers) {
  const config::Node* name = node.find("compression_file");
  if (name == nullptr) return;
  if (name->kind != config::Node::Kind::removed) {
    if (!name->is_scalar()) throw InputError(name->place.text() + "compression_file: expected a path");
    const std::filesystem::path file = (name->place.source->folder / name->scalar).lexically_normal();
    config::Node base = config::load_node(file, layers.presets);
    node.erase("compression_file");
    config::lay_over(base, std::move(node));
    node = std::move(base);
  } else {
    node.erase("compression_file");
  }
}

/// What is simulated is what the accuracy is measured on, unless `dataset` names images of its own.
void complete_dataset(config::Node& node) {
  const config::Node* evaluation = node.find("evaluation");
  if (evaluation == nullptr || !evaluation->is_mapping()) return;
  const config::Node* dataset = node.find("dataset");
  if (dataset != nullptr && (!dataset->is_mapping() || dataset->find("images") != nullptr)) return;
  config::Node whole = config::under_path("dataset", *evaluation);
  config::lay_over(whole, std::move(node));
  node = std::move(whole);
}

void refuse_compression_without_network(const config::Node& node) {
  for (const auto& field : compress_table().fields().fields) {
    const config::Node* section = node.find(field.key);
    if (section == nullptr) continue;
    throw InputError(section->place.text() + field.key +
                     ": belongs to a compression; expected network: (a trained network, ONNX) as well");
  }
}

bool given(const config::Node* node) {
  return node != nullptr && node->kind != config::Node::Kind::removed;
}

}  // namespace

config::Node load_experiment_node(const std::string& file, const std::vector<std::string>& settings) {
  const config::Layers layers = shipped_layers(settings);
  config::Node node = config::load_layers(file, layers);
  if (node.is_mapping()) lay_under_compression_file(node, layers);
  return node;
}

Experiment read_experiment(config::Node node) {
  Experiment experiment;
  if (!node.is_mapping() || !given(node.find("network"))) {
    if (node.is_mapping()) {
      node.erase("network");
      refuse_compression_without_network(node);
    }
    experiment.scenario = config::read(node, scenario_table());
    return experiment;
  }
  if (const config::Node* image = node.find("image"); given(image) && !image->scalar.empty()) {
    throw InputError(image->place.text() + "image: stands beside network; expected one of them");
  }
  complete_dataset(node);
  const std::string place = node.find("network")->place.text();
  experiment = config::read(node, experiment_table());
  if (!experiment.compression.calibration.images.empty()) return experiment;
  throw InputError(place + "calibration.images: missing; expected a path");
}

std::string dump_experiment(const Experiment& experiment) {
  return experiment.network ? config::dump(experiment, experiment_table())
                            : config::dump(experiment.scenario, scenario_table());
}

const config::Table<Experiment>& experiment_table() {
  static const auto table =
      config::Table<Experiment>("One experiment: a network, how it is compressed, a machine, images to run.")
          .file("network", &Experiment::network,
                "trained network, ONNX, that is compressed first, in place of `image`; the sections of a compression "
                "stand beside it")
          .file("compression_file", &Experiment::compression_file,
                "file with the sections of a compression; those of the scenario win")
          .all_of(&Experiment::scenario, scenario_table())
          .all_of(&Experiment::compression, compress_table());
  return table;
}

std::optional<std::uint64_t> seed_of(const Experiment& experiment) {
  const AdcConfig& adc = experiment.scenario.platform.adc;
  if (adc.noise) return adc.noise->seed;
  if (adc.offsets && adc.offsets->sigma) return adc.offsets->seed;
  const auto& compression = experiment.compression.compression;
  if (!experiment.network || !compression || !compression->fine_tuning) return std::nullopt;
  return compression->fine_tuning->seed;
}

}  // namespace reprise
