#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/compress_config.h"
#include "scenarios/scenario.h"

namespace reprise {

/// What `reprise run` does: simulates a weight image, or, with a network, compresses that and simulates what comes out.
struct Experiment {
  std::optional<std::string> network;           ///< ONNX
  std::optional<std::string> compression_file;  ///< absent: its keys have been taken in
  CompressConfig compression;                   ///< with a network
  Scenario scenario;
};

/// A file with what it includes, the compression that it names, and settings on top. @throws InputError
config::Node load_experiment_node(const std::string& file, const std::vector<std::string>& settings);

/// @throws InputError
Experiment read_experiment(config::Node node);

/// The effective configuration: reads back to the same experiment.
std::string dump_experiment(const Experiment& experiment);

/// All keys of an experiment with a network.
const config::Table<Experiment>& experiment_table();

/// The seed of what is random in it, where anything is: noise, then offsets of converters, then fine-tuning.
std::optional<std::uint64_t> seed_of(const Experiment& experiment);

}  // namespace reprise
