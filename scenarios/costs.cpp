#include "scenarios/costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/text_table.h"
#include "support/error.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStatic = "static.";

EnergyLedger make_ledger(const Technology& technology, int adc_bits, const WeightImage& image,
                         const MachineConfig& machine, const SimulationStatistics& statistics) {
  const double time_us = static_cast<double>(statistics.elapsed_cycles) / machine.clock_mhz;
  EnergyLedger ledger(technology, adc_bits, time_us);
  for (std::size_t layer = 0; layer < statistics.layers.size(); ++layer) {
    for (const auto& [tile, counts] : statistics.layers[layer].events) {
      ledger.add(image.network.layers[layer].name, tile, counts);
    }
  }
  ledger.add("", 0, statistics.input_output);
  for (const auto& [place, counts] : components_in_use(image, machine)) ledger.add(place.first, place.second, counts);
  return ledger;
}

Json part_json(const char* key, const Json& name, const EnergyPart& part) {
  return {{key, name}, {"total", part.total()}, {"dynamic", part.dynamic}, {"static", part.standing}};
}

/// Adds up area by component: count and mm2.
void add_area(Json& json, const AreaItem& item) {
  Json& part = json[component_name(item.component)];
  if (part.is_null()) part = {{"count", 0}, {"mm2", 0.0}};
  part["count"] = part["count"].get<std::uint64_t>() + item.count;
  part["mm2"] = part["mm2"].get<double>() + item.square_millimetres;
}

std::string share(double part, double total) {
  return total > 0 ? fmt::format("{:.1f}%", 100.0 * part / total) : "-";
}

std::string energy_table(const Json& results) {
  const Json& energy = results.at("energy_pj");
  const Json& components = results.at("area_mm2_in_use").at("by_component");
  const auto images = std::max(1.0, results.at("images").get<double>());
  const double total = energy.at("total").get<double>();
  TextTable table({"energy an image", "events or instances", "pJ", "share"});
  const auto sum = [&](const char* name) {
    const double part = energy.at(name).get<double>();
    table.add({name, "", metric(part / images), share(part, total)});
  };
  bool standing = false;
  for (const auto& [name, picojoules] : energy.at("by_component").items()) {
    const bool is_static = name.rfind(kStatic, 0) == 0;
    if (is_static && !standing) sum("dynamic");
    standing = is_static;
    const auto part = picojoules.get<double>();
    if (part == 0) continue;
    const std::string count =
        is_static ? grouped(components.at(name.substr(std::string(kStatic).size())).at("count").get<std::uint64_t>())
                  : metric(results.at("events").at(name).get<double>() / images);
    table.add({"  " + name, count, metric(part / images), share(part, total)});
  }
  sum("static");
  sum("total");
  return table.str();
}

std::string area_table(const Json& area) {
  const double total = area.at("total").get<double>();
  TextTable table({"area in use", "instances", "mm2", "share"});
  for (const auto& [name, part] : area.at("by_component").items()) {
    const auto square_millimetres = part.at("mm2").get<double>();
    if (square_millimetres == 0) continue;
    table.add({"  " + name, grouped(part.at("count").get<std::uint64_t>()), metric(square_millimetres),
               share(square_millimetres, total)});
  }
  table.add({"total", "", metric(total), share(total, total)});
  return table.str();
}

}  // namespace

void check_coverage(const Technology& technology, int adc_bits) {
  event_energy_pj(technology, Event::adc_convert, adc_bits);
  component_area_mm2(technology, Component::adc, adc_bits);
  component_static_mw(technology, Component::adc, adc_bits);
}

Costs make_costs(const Technology& technology, int adc_bits, const WeightImage& image, const MachineConfig& machine,
                 const SimulationStatistics& statistics) {
  Costs costs{technology.name,
              technology.adc.law,
              make_ledger(technology, adc_bits, image, machine, statistics),
              {},
              area_in_use(technology, adc_bits, image, machine),
              cell_writing(technology).endurance};
  for (const AdcLawChoice law : {AdcLawChoice::ppsim, AdcLawChoice::saberi}) {
    Technology other = technology;
    other.adc.law = law;
    std::optional<double>& total = costs.total_by_law[law];
    if (covers(other.adc, adc_bits)) total = make_ledger(other, adc_bits, image, machine, statistics).total();
  }
  return costs;
}

Json energy_json(const Costs& costs) {
  const EnergyPart sum = costs.energy.sum();
  Json json{{"total", sum.total()}, {"dynamic", sum.dynamic}, {"static", sum.standing}};
  json["technology"] = costs.technology;
  json["adc_law"] = to_string(costs.law);
  for (const auto& [law, total] : costs.total_by_law) {
    json["total_by_adc_law"][to_string(law)] = total ? Json(*total) : Json();
  }
  for (const auto& [component, picojoules] : costs.energy.by_component()) json["by_component"][component] = picojoules;
  json["by_layer"] = Json::array();
  for (const auto& [layer, part] : costs.energy.by_layer()) {
    json["by_layer"].push_back(part_json("layer", layer.empty() ? Json() : Json(layer), part));
  }
  json["by_tile"] = Json::array();
  for (const auto& [tile, part] : costs.energy.by_tile()) json["by_tile"].push_back(part_json("tile", tile, part));
  return json;
}

Json area_json(const Costs& costs) {
  Json json{{"total", 0.0}, {"by_component", Json::object()}, {"by_tile", Json::array()}};
  for (const AreaItem& item : costs.area) {
    json["total"] = json["total"].get<double>() + item.square_millimetres;
    add_area(json["by_component"], item);
    Json& tiles = json["by_tile"];
    if (tiles.empty() || tiles.back()["tile"] != item.tile) {
      tiles.push_back({{"tile", item.tile}, {"total", 0.0}, {"by_component", Json::object()}});
    }
    tiles.back()["total"] = tiles.back()["total"].get<double>() + item.square_millimetres;
    add_area(tiles.back()["by_component"], item);
  }
  return json;
}

std::string cost_summary(const Json& results) {
  return energy_table(results) + "\n" + area_table(results.at("area_mm2_in_use"));
}

}  // namespace reprise
