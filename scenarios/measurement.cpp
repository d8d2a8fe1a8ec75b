#include "scenarios/measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "compression/image/image_file.h"
#include "scenarios/compress_config.h"
#include "scenarios/own_program.h"
#include "scenarios/scenario.h"
#include "scenarios/settings_option.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/log.h"

namespace reprise {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kEnginesOverDense = 4;  ///< the chip, in engines that the dense network needs at least

/// The configuration beside a link to the data that it names, so that its paths lead there.
fs::path beside_data(const fs::path& compression, const fs::path& data, const fs::path& folder) {
  if (!fs::exists(compression)) throw InputError(compression.string() + ": there is no such file");
  if (data.empty()) return compression;
  const fs::path link = folder / "data";
  fs::remove(link);
  fs::create_directory_symlink(data, link);
  const fs::path copy = folder / compression.filename();
  write_file_atomically(copy, file_content(compression));
  return copy;
}

CompressConfig configuration_of(const fs::path& file, const EngineSetup& setup, bool fine_tuning, bool synthetic) {
  CompressConfig config = config::load(file, compress_table(), shipped_layers());
  if (setup.preset) {
    if (!config.compression) config.compression.emplace();
    config.compression->preset = *setup.preset;
    if (!fine_tuning) config.compression->fine_tuning.reset();
  } else {
    config.compression.reset();
    if (setup.name != engine_setups().front().name) config.evaluation.reset();  // all plain networks are the same
  }
  if (synthetic) config.evaluation.reset();  // its accuracy means nothing
  config.mapping.engine = setup.engine;
  config.mapping.granularity = setup.granularity;
  HardwareConfig& hardware = config.hardware;
  if (setup.forms_units) {
    hardware.operation_unit.group_rows =
        hardware.crossbar.rows / hardware.operation_unit.rows * hardware.operation_unit.rows;
  }
  return config;
}

/// Makes the mesh of a chip as large as so many tiles need, and a square then.
void hold_tiles(int tiles, MeshConfig& mesh) {
  if (mesh.columns * mesh.rows >= tiles) return;
  mesh.columns = static_cast<int>(std::ceil(std::sqrt(tiles)));
  mesh.rows = (tiles + mesh.columns - 1) / mesh.columns;
}

std::size_t engines_of(const WeightImage& image) {
  std::size_t engines = 0;
  for (const LayerMapping& mapping : image.mappings) engines += mapping.engines.size();
  return engines;
}

double crossbars_of(const WeightImage& image) {
  double crossbars = 0.0;
  for (const LayerMapping& mapping : image.mappings) {
    int places = 0;
    for (const OperationUnit& unit : mapping.units) {
      places += image.geometry.places_of(mapping.rows_in_group(unit.row_group));
    }
    crossbars += std::ceil(static_cast<double>(places) / image.geometry.units_per_crossbar());
  }
  return crossbars;
}

void take_storage(const WeightImage& image, Measurement& measured) {
  Storage storage;
  for (const LayerMapping& mapping : image.mappings) storage += mapping.storage;
  measured.dense_bits = static_cast<double>(storage.dense_cells);
  measured.cells = static_cast<double>(storage.cells);
  measured.net_bits = static_cast<double>(storage.net());
  measured.crossbars = crossbars_of(image);
}

void take_run(const fs::path& folder, Measurement& measured) {
  const Json results = Json::parse(file_content(folder / "results.json"));
  const double images = results["images"];
  measured.cycles = results["cycles_per_image"]["mean"];
  measured.activations = results["work"]["activations"].get<double>() / images;
  measured.conversions = results["events"]["adc.convert"].get<double>() / images;
  for (const auto& [cause, share] : results["lane_cycles"]["share"].items()) {
    measured.causes.emplace_back(cause, share.get<double>());
  }
  const Json& energies = results["energy_pj"];
  const double total = energies["total"];
  measured.energy_pj = energies["total_by_adc_law"]["ppsim"].get<double>() / images;
  measured.energy_saberi_pj = energies["total_by_adc_law"]["saberi"].get<double>() / images;
  measured.adc_share = energies["by_component"]["adc.convert"].get<double>() / total;
  for (const auto& [component, energy] : energies["by_component"].items()) {
    const double share = energy.get<double>() / total;
    if (component == "adc.convert" || share <= measured.largest_share) continue;
    measured.largest = component;
    measured.largest_share = share;
  }
}

}  // namespace

NetworkMeasurements::NetworkMeasurements(std::string name, const ReproducedNetwork& network, const fs::path& data,
                                         const fs::path& folder, bool fine_tuning)
    : name_(std::move(name)),
      folder_(folder / name_),
      images_(network.images),
      synthetic_(network.synthetic),
      fine_tuning_(fine_tuning) {
  fs::create_directories(folder_);
  model_ = network.model ? fs::path(*network.model) : data / network.from_data.value();
  compression_ = beside_data(network.compression, network.from_data ? data : fs::path(), folder_);
}

fs::path NetworkMeasurements::compress(const EngineSetup& setup) {
  const fs::path image = folder_ / (setup.name + ".h5");
  const fs::path file = folder_ / (setup.name + ".yaml");
  const std::string wanted =
      config::dump(configuration_of(compression_, setup, fine_tuning_, synthetic_), compress_table());
  if (fs::exists(image) && file_content(file) == wanted) return image;
  log_info("{}: compressing for {}", name_, setup.name);
  fs::remove(image);  // made with other settings; so were its runs
  for (const char* ending : {"", "-sequential"}) fs::remove_all(folder_ / (setup.name + ending));
  write_file_atomically(file, wanted);
  run_own_program({"compress", model_.string(), "-c", file.string(), "-o", image.string()},
                  folder_ / (setup.name + ".log"));
  return image;
}

int NetworkMeasurements::engine_budget() {
  if (budget_ > 0) return budget_;
  const WeightImage image = read_image(compress(engine_setups().front()));
  const int per_tile = image.geometry.engines_per_tile;
  const int wanted = kEnginesOverDense * static_cast<int>(engines_of(image));
  tiles_ = (wanted + per_tile - 1) / per_tile;
  budget_ = tiles_ * per_tile;
  return budget_;
}

fs::path NetworkMeasurements::simulate(const EngineSetup& setup, const fs::path& image, Execution execution) {
  const std::string run = setup.name + (execution == Execution::sequential ? "-sequential" : "");
  const fs::path results = folder_ / run;
  const CompressConfig config = config::load(compression_, compress_table(), shipped_layers());
  if (!synthetic_ && !config.evaluation) {
    throw InputError(compression_.string() + ": evaluation: missing; expected labelled images");
  }
  Scenario scenario;
  scenario.dataset = synthetic_ ? config.calibration : *config.evaluation;
  scenario.dataset.count = static_cast<std::uint64_t>(images_);
  scenario.check.images = images_;
  scenario.platform.execution = execution;
  scenario.platform.replication.kind = ReplicationKind::balanced;
  scenario.platform.replication.engines = engine_budget();
  hold_tiles(tiles_, scenario.platform.mesh);
  scenario.image = image.string();
  const fs::path file = folder_ / (run + ".run.yaml");
  const std::string wanted = config::dump(scenario, scenario_table());
  if (fs::exists(results / "results.json") && file_content(file) == wanted) return results;
  log_info("{}: simulating {}", name_, run);
  fs::remove_all(results);
  write_file_atomically(file, wanted);
  run_own_program({"run", file.string(), "-o", results.string()}, folder_ / (run + ".run.log"));
  return results;
}

Measurement NetworkMeasurements::measure(const EngineSetup& setup, Execution execution) {
  const fs::path file = compress(setup);
  const WeightImage image = read_image(file);
  Measurement measured;
  take_storage(image, measured);
  take_run(simulate(setup, file, execution), measured);
  measured.synthetic = synthetic_;
  if (synthetic_) return measured;
  const Provenance from = image.provenance.evaluation_images > 0
                              ? image.provenance
                              : read_image(compress(engine_setups().front())).provenance;
  measured.trained_accuracy = from.float_accuracy;
  measured.accuracy = from.reference_accuracy;
  return measured;
}

}  // namespace reprise
