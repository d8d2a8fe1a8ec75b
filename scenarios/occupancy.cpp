#include "scenarios/occupancy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "scenarios/text_table.h"
#include "tlm/component_names.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

/// What an engine does by itself.
constexpr std::array<CycleCause, 5> kOwnCauses{CycleCause::load, CycleCause::fill, CycleCause::busy,
                                               CycleCause::scatter, CycleCause::dropped};

struct TileUse {
  std::uint64_t engines = 0;
  Cycle working = 0;     ///< cycles of all engines
  std::set<int> layers;  ///< that have engines here, or are at home here
};

double share(Cycle part, Cycle whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::map<int, TileUse> uses_of_tiles(const WeightImage& image, const SimulationStatistics& statistics) {
  std::map<int, TileUse> tiles;
  for (std::size_t layer = 0; layer < statistics.layers.size(); ++layer) {
    tiles[statistics.layers[layer].home_tile].layers.insert(static_cast<int>(layer));
  }
  for (const EngineStatistics& engine : statistics.engines) {
    TileUse& tile = tiles[engine.number / image.geometry.engines_per_tile];
    ++tile.engines;
    tile.working += engine.causes.total();
    tile.layers.insert(engine.layer);
  }
  return tiles;
}

}  // namespace

Json tiles_json(const WeightImage& image, const SimulationStatistics& statistics, const MachineConfig& machine) {
  Json tiles = Json::array();
  for (const auto& [number, use] : uses_of_tiles(image, statistics)) {
    Json layers = Json::array();
    for (const int layer : use.layers) layers.push_back(image.network.layers[static_cast<std::size_t>(layer)].name);
    tiles.push_back({{"tile", number},
                     {"column", number % machine.mesh.columns},
                     {"row", number / machine.mesh.columns},
                     {"engines", use.engines},
                     {"cycles_working", use.working},
                     {"utilisation", share(use.working, use.engines * statistics.elapsed_cycles)},
                     {"layers", layers}});
  }
  return tiles;
}

std::string engines_csv(const WeightImage& image, const SimulationStatistics& statistics) {
  std::string text = "engine,tile,layer,activations,activations_dropped";
  for (const CycleCause cause : kOwnCauses) text += fmt::format(",cycles_{}", cause_name(cause));
  text += ",utilisation\n";
  std::vector<const EngineStatistics*> engines;
  for (const EngineStatistics& engine : statistics.engines) engines.push_back(&engine);
  std::sort(engines.begin(), engines.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
  for (const EngineStatistics* engine : engines) {
    text += fmt::format("{},{},{},{},{}", engine_name(engine->number, image.geometry),
                        engine->number / image.geometry.engines_per_tile,
                        csv_text(image.network.layers[static_cast<std::size_t>(engine->layer)].name),
                        engine->activations, engine->dropped_activations);
    for (const CycleCause cause : kOwnCauses) text += fmt::format(",{}", engine->causes[cause]);
    text += fmt::format(",{}\n", share(engine->causes.total(), statistics.elapsed_cycles));
  }
  return text;
}

std::string pipeline_csv(const WeightImage& image, const SimulationStatistics& statistics) {
  std::string text = "layer,begin_cycle,end_cycle";
  for (std::size_t state = 0; state < ActivityProfile::kStates; ++state) {
    text += fmt::format(",{}", state_name(static_cast<ActivityProfile::State>(state)));
  }
  text += '\n';
  Cycle slot_cycles = 1;
  for (const LayerStatistics& layer : statistics.layers) {
    slot_cycles = std::max(slot_cycles, layer.activity.profile.slot_cycles());
  }
  for (std::size_t layer = 0; layer < statistics.layers.size(); ++layer) {
    ActivityProfile profile = statistics.layers[layer].activity.profile;
    profile.coarsen_to(slot_cycles);
    for (std::size_t slot = 0; slot < profile.slots().size(); ++slot) {
      text += fmt::format("{},{},{}", csv_text(image.network.layers[layer].name), slot * slot_cycles,
                          (slot + 1) * slot_cycles);
      for (const Cycle cycles : profile.slots()[slot]) text += fmt::format(",{}", cycles);
      text += '\n';
    }
  }
  return text;
}

}  // namespace reprise
