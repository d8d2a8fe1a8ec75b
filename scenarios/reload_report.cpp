#include "scenarios/reload_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "scenarios/text_table.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsPerYear = 365.25 * 24 * 3600;

Json counts_json(const RoundActivity& activity, const WritingCounts& writing) {
  return {{"times", activity.times},
          {"bytes_loaded", activity.bytes},
          {"load_cycles", activity.load_cycles},
          {"write_cycles", activity.write_cycles},
          {"cells_set", writing.cells_set},
          {"cells_reset", writing.cells_reset},
          {"set_pulses", writing.set_pulses},
          {"reset_pulses", writing.reset_pulses},
          {"verified_cells", writing.verifications}};
}

Json histogram_json(const PulseHistogram& cells) {
  std::uint64_t sum = 0;
  std::uint64_t pulses = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    sum += cells[i];
    pulses += i * cells[i];
  }
  const double mean = sum == 0 ? 0.0 : static_cast<double>(pulses) / static_cast<double>(sum);
  return {{"mean", mean}, {"most", cells.empty() ? 0 : cells.size() - 1}, {"cells_by_pulses", cells}};
}

/// At the rate of writes and images of this run.
Json endurance_json(const Geometry& geometry, const MachineConfig& machine, const SimulationStatistics& statistics,
                    double endurance) {
  Json crossbars = Json::array();
  std::uint64_t most = 0;
  for (const CrossbarWear& wear : statistics.reload.wear) {
    const int engine = wear.crossbar / geometry.crossbars_per_engine;
    crossbars.push_back({{"tile", engine / geometry.engines_per_tile},
                         {"engine", engine % geometry.engines_per_tile},
                         {"crossbar", wear.crossbar % geometry.crossbars_per_engine},
                         {"writes", wear.writes},
                         {"most_writes_of_a_cell", wear.most_of_a_cell}});
    most = std::max(most, wear.most_of_a_cell);
  }
  Json json{{"writes_a_cell_stands", endurance}, {"most_writes_of_a_cell", most}};
  const auto images = static_cast<double>(statistics.image_cycles.size());
  const double seconds = static_cast<double>(statistics.elapsed_cycles) / (machine.clock_mhz * 1e6);
  const double runs = most == 0 ? 0.0 : endurance / static_cast<double>(most);
  json["lifetime_images"] = most == 0 ? Json() : Json(runs * images);
  json["lifetime_years"] = most == 0 ? Json() : Json(runs * seconds / kSecondsPerYear);
  json["crossbars"] = crossbars;
  return json;
}

}  // namespace

Json reload_json(const WeightImage& image, const MachineConfig& machine, const SimulationStatistics& statistics,
                 const Costs& costs) {
  if (statistics.reload.rounds.empty()) return {};
  const auto name = [&](int layer) { return image.network.layers[static_cast<std::size_t>(layer)].name; };
  Json rounds = Json::array();
  RoundActivity activity;
  WritingCounts writing;
  for (const RoundStatistics& round : statistics.reload.rounds) {
    Json json{
        {"first_layer", name(round.first_layer)}, {"last_layer", name(round.last_layer)}, {"engines", round.engines}};
    json.update(counts_json(round.activity, round.writing));
    rounds.push_back(json);
    activity.times += round.activity.times;
    activity.bytes += round.activity.bytes;
    activity.load_cycles += round.activity.load_cycles;
    activity.write_cycles += round.activity.write_cycles;
    writing += round.writing;
  }
  EventCounts events;
  events[Event::programming_set] = writing.set_pulses;
  events[Event::programming_reset] = writing.reset_pulses;
  events[Event::programming_verify] = writing.verifications;
  const double elapsed = std::max(1.0, static_cast<double>(statistics.elapsed_cycles));
  return {{"images_a_batch", machine.images_in_flight},
          {"rounds", rounds},
          {"total", counts_json(activity, writing)},
          {"share_of_time", static_cast<double>(activity.load_cycles + activity.write_cycles) / elapsed},
          {"programming_energy_pj", costs.energy.picojoules(events)},
          {"pulses_of_a_cell",
           {{"set", histogram_json(statistics.reload.cells_by_set_pulses)},
            {"reset", histogram_json(statistics.reload.cells_by_reset_pulses)}}},
          {"endurance", endurance_json(image.geometry, machine, statistics, costs.endurance)}};
}

std::string reload_summary(const Json& results) {
  const Json& reload = results.at("reload");
  if (reload.is_null()) return {};
  TextTable table(
      {"round", "layers", "times", "load cycles", "write cycles", "cells set", "reset", "pulses", "verified"});
  const auto add = [&](const std::string& name, const std::string& layers, const Json& counts) {
    const auto cell = [&](const char* key) { return metric(counts.at(key).get<double>()); };
    const double pulses = counts.at("set_pulses").get<double>() + counts.at("reset_pulses").get<double>();
    table.add({name, layers, cell("times"), cell("load_cycles"), cell("write_cycles"), cell("cells_set"),
               cell("cells_reset"), metric(pulses), cell("verified_cells")});
  };
  int number = 0;
  for (const Json& round : reload.at("rounds")) {
    const auto first = round.at("first_layer").get<std::string>();
    const auto last = round.at("last_layer").get<std::string>();
    add(std::to_string(number++), first == last ? first : first + " to " + last, round);
  }
  add("all", "", reload.at("total"));
  const Json& endurance = reload.at("endurance");
  const double energy = reload.at("programming_energy_pj").get<double>();
  std::string text = "\nrounds: the network is larger than the chip\n" + table.str() +
                     fmt::format("loading and writing take {:.1f}% of the time, writing {:.1f}% of the energy\n",
                                 100.0 * reload.at("share_of_time").get<double>(),
                                 100.0 * energy / std::max(1.0, results.at("energy_pj").at("total").get<double>()));
  if (endurance.at("lifetime_images").is_null()) return text;
  return text + fmt::format("a cell was switched up to {} times; at this rate cells last for {} images, {:.3g} years\n",
                            endurance.at("most_writes_of_a_cell").get<std::uint64_t>(),
                            metric(endurance.at("lifetime_images").get<double>()),
                            endurance.at("lifetime_years").get<double>());
}

}  // namespace reprise
