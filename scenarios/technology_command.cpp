#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "scenarios/commands.h"
#include "scenarios/technology_library.h"
#include "scenarios/text_table.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

// ---- As JSON; the tables are made from it.

Json total_json(const DesignTotal& total) {
  return {{"power_mw", total.power_mw}, {"area_mm2", total.area_mm2}};
}

/// Of one unit of the level; `unit` is one of the level below.
Json level_json(const DesignLevel& level, const DesignTotal& unit, const DesignTotal& total) {
  Json json{{"name", level.name}, {"total", total_json(total)}};
  if (level.units > 0) json["units_below"] = {{"count", level.units}, {"each", total_json(unit)}};
  for (const auto& [name, row] : level.components) {
    Json& component = json["components"][name];
    component = {{"instances", row.instances}, {"shared_by", row.shared_by}};
    component.update(total_json(row_total(row)));
    component["source"] = row.source;
  }
  return json;
}

Json design_json(const Design& design) {
  const DesignTotal engine = engine_total(design);
  const DesignTotal tile = tile_total(design);
  return {{"engine", level_json(design.engine, {}, engine)},
          {"tile", level_json(design.tile, engine, tile)},
          {"chip", level_json(design.chip, tile, chip_total(design))}};
}

Json by_bits_json(int first_bits, const std::vector<double>& values, const char* unit, const std::string& source) {
  Json json{{"unit", unit}, {"source", source}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    json["by_bits"][std::to_string(static_cast<std::size_t>(first_bits) + i)] = values[i];
  }
  return json;
}

Json adc_json(const AdcCosts& adc) {
  const auto law = [](const AdcLaw& l) {
    return by_bits_json(l.first_bits, l.conversion_pj, "pJ/conversion", l.source);
  };
  return {{"law", to_string(adc.law)},
          {"ppsim", law(adc.ppsim)},
          {"saberi", law(adc.saberi)},
          {"area", by_bits_json(adc.area.first_bits, adc.area.um2, "um2/adc", adc.area.source)},
          {"static",
           by_bits_json(adc.static_power.first_bits, adc.static_power.milliwatts, "mW/adc", adc.static_power.source)}};
}

Json coefficient_json(const Coefficient& coefficient) {
  return {{"value", coefficient.value}, {"unit", coefficient.unit}, {"source", coefficient.source}};
}

/// In the order of the components, the converters apart.
Json components_json(const std::map<std::string, Coefficient>& coefficients) {
  Json json;
  for (std::size_t i = 0; i < kComponentCount; ++i) {
    const auto found = coefficients.find(component_name(static_cast<Component>(i)));
    if (found != coefficients.end()) json[found->first] = coefficient_json(found->second);
  }
  return json;
}

Json technology_json(const Technology& technology) {
  Json json{{"name", technology.name}, {"adc", adc_json(technology.adc)}};
  for (std::size_t i = 0; i < kEventCount; ++i) {
    const auto found = technology.coefficients.find(event_name(static_cast<Event>(i)));
    if (found != technology.coefficients.end()) json["coefficients"][found->first] = coefficient_json(found->second);
  }
  json["area"] = components_json(technology.area);
  json["static"] = components_json(technology.static_power);
  for (const auto& [name, unit] : writing_units())
    json["writing"][name] = coefficient_json(technology.writing.at(name));
  json["design"] = technology.design ? design_json(*technology.design) : Json();
  return json;
}

// ---- As tables

std::string figure(const Json& value) {
  const auto number = value.get<double>();
  return number < 1000 ? fmt::format("{:.4g}", number) : fmt::format("{:.0f}", number);
}

std::string share(const Json& part, const Json& total) {
  return total.get<double>() > 0 ? fmt::format("{:.1f}%", 100 * part.get<double>() / total.get<double>()) : "-";
}

std::string count(const Json& row) {
  const std::string instances = row.at("instances").dump();
  return row.at("shared_by") == 1 ? instances : instances + "/" + row.at("shared_by").dump();
}

void add_level(TextTable& table, const Json& level, const std::string& below) {
  const Json& total = level.at("total");
  const auto add = [&](const std::string& name, const std::string& instances, double power, double area,
                       const std::string& source) {
    table.add({name, instances, figure(power), figure(area), share(power, total.at("power_mw")), source});
  };
  if (level.contains("units_below")) {
    const Json& units = level.at("units_below");
    const int number = units.at("count").get<int>();
    const Json& each = units.at("each");
    add("  " + below, std::to_string(number), number * each.at("power_mw").get<double>(),
        number * each.at("area_mm2").get<double>(), "");
  }
  const Json components = level.value("components", Json::object());
  for (const auto& [name, row] : components.items()) {
    add("  " + name, count(row), row.at("power_mw").get<double>(), row.at("area_mm2").get<double>(),
        row.at("source").get<std::string>());
  }
  add(level.at("name").get<std::string>(), "", total.at("power_mw").get<double>(), total.at("area_mm2").get<double>(),
      "");
}

std::string design_table_text(const Json& design) {
  TextTable table({"design", "instances", "mW", "mm2", "share of mW", "source"}, TextTable::LastColumn::text);
  std::string below;
  for (const Json& level : design) {
    add_level(table, level, below);
    below = level.at("name").get<std::string>();
  }
  return table.str();
}

std::string adc_table_text(const Json& adc) {
  TextTable table({"converter", "bits", "value", "unit", "source"}, TextTable::LastColumn::text);
  for (const char* part : {"ppsim", "saberi", "area", "static"}) {
    const Json& values = adc.at(part);
    std::string source = values.at("source").get<std::string>();
    for (const auto& [bits, value] : values.at("by_bits").items()) {
      table.add({(adc.at("law") == part ? std::string(part) + ", in use" : part), bits, figure(value),
                 values.at("unit").get<std::string>(), std::exchange(source, "")});
    }
  }
  return table.str();
}

std::string coefficient_table_text(const char* title, const Json& coefficients) {
  TextTable table({title, "value", "unit", "source"}, TextTable::LastColumn::text);
  for (const auto& [name, coefficient] : coefficients.items()) {
    table.add({name, figure(coefficient.at("value")), coefficient.at("unit").get<std::string>(),
               coefficient.at("source").get<std::string>()});
  }
  return table.str();
}

std::string describe(const Json& technology) {
  std::string text = technology.at("name").get<std::string>() + "\n\n";
  if (!technology.at("design").is_null()) text += design_table_text(technology.at("design")) + "\n";
  return text + adc_table_text(technology.at("adc")) + "\n" +
         coefficient_table_text("event", technology.at("coefficients")) + "\n" +
         coefficient_table_text("area", technology.at("area")) + "\n" +
         coefficient_table_text("static power", technology.at("static")) + "\n" +
         coefficient_table_text("writing cells", technology.at("writing"));
}

std::string list_technologies() {
  TextTable table({"technology", "describes"});
  for (const auto& entry : known_technologies()) table.add({entry.first, find_technology(entry.first).name});
  return table.str();
}

}  // namespace

void add_technology_command(CLI::App& app) {
  struct Options {
    std::string technology;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("technology", "Say what events and components cost, and where that is from");
  command->add_option("technology", options->technology, "A name or a file; absent: lists the names")
      ->type_name("NAME|FILE.yaml");
  command->add_flag("--json", options->json, "As JSON")->needs("technology");
  command->footer("Example: reprise technology isaac");
  command->callback([options] {
    if (options->technology.empty()) {
      std::cout << list_technologies();
      return;
    }
    const Json technology = technology_json(find_technology(options->technology));
    std::cout << (options->json ? technology.dump(2) + "\n" : describe(technology));
  });
}

}  // namespace reprise
