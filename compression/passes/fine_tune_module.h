#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compression/passes/fine_tune.h"

/// What the program and the module that brings libtorch say to one another. The module is loaded only when it is
/// needed: libtorch takes half a second to load.
namespace reprise {

struct FineTuneTask {
  Graph& network;
  std::vector<CompressedLayer>& layers;
  const Graph& teacher;
  const Dataset& training;
  const Preprocessing& preprocessing;
  const FineTuneConfig& config;
  std::function<void()> batch_done;
  std::function<void(const std::string&)> epoch_done;  ///< with a line about it
};

/// Batches of an epoch; the last one may be smaller.
inline std::uint64_t batches(const FineTuneTask& task) {
  const auto batch = static_cast<std::uint64_t>(task.config.batch);
  return (task.training.size() + batch - 1) / batch;
}

constexpr char kFineTuneEntry[] = "reprise_fine_tune";  ///< of the module, a FineTuneEntry
using FineTuneEntry = void(const FineTuneTask&);

}  // namespace reprise
