#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/engine_setup.h"
#include "scenarios/reproduction_config.h"
#include "tlm/machine_config.h"

namespace reprise {

/// What one engine does with one network, counted.
struct Measurement {
  bool synthetic = false;         ///< of a network that was not trained: its accuracies mean nothing
  double trained_accuracy = 0.0;  ///< top-1 in floating point, 0..1
  double accuracy = 0.0;          ///< of the 8-bit network as this engine runs it
  double cycles = 0.0;            ///< of an image
  double energy_pj = 0.0;         ///< of an image, converters by the law ppsim
  double energy_saberi_pj = 0.0;  ///< of an image, converters by the law saberi
  double adc_share = 0.0;         ///< of the energy, law ppsim
  std::string largest;            ///< component with the most energy beside the converters
  double largest_share = 0.0;
  double activations = 0.0;  ///< of an image
  double conversions = 0.0;  ///< of an image
  double dense_bits = 0.0;
  double cells = 0.0;
  double net_bits = 0.0;                               ///< cells, tables and indices
  double crossbars = 0.0;                              ///< filled, layers not sharing any
  std::vector<std::pair<std::string, double>> causes;  ///< where the cycles of engines go: cause, share
};

/// Compresses and simulates one network on many engines, all of them with the same number of processing engines. What
/// is in the folder already, made with the same settings, is not made again.
class NetworkMeasurements {
 public:
  /// @param data  folder of the networks that are not the project's; may be empty
  NetworkMeasurements(std::string name, const ReproducedNetwork& network, const std::filesystem::path& data,
                      const std::filesystem::path& folder, bool fine_tuning);

  /// @throws InputError where a step fails
  Measurement measure(const EngineSetup& setup, Execution execution);

 private:
  std::filesystem::path compress(const EngineSetup& setup);
  std::filesystem::path simulate(const EngineSetup& setup, const std::filesystem::path& image, Execution execution);
  int engine_budget();

  const std::string name_;
  const std::filesystem::path folder_;
  std::filesystem::path model_;
  std::filesystem::path compression_;
  const int images_;
  const bool synthetic_;
  const bool fine_tuning_;
  int budget_ = 0;  ///< processing engines; 0: not known yet
  int tiles_ = 0;   ///< that hold them
};

}  // namespace reprise
