#include "scenarios/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <regex>

#include "compression/image/network.h"
#include "scenarios/occupancy.h"
#include "scenarios/reload_report.h"
#include "scenarios/repetition.h"
#include "scenarios/text_table.h"
#include "support/error.h"
#include "support/version.h"

namespace reprise {
namespace {

using Json = nlohmann::ordered_json;

Json events_json(const EventCounts& counts) {
  Json json;
  for (std::size_t e = 0; e < kEventCount; ++e) {
    const auto event = static_cast<Event>(e);
    json[event_name(event)] = counts[event];
  }
  return json;
}

EventCounts sum_of(const std::map<int, EventCounts>& by_tile) {
  EventCounts sum;
  for (const auto& [tile, counts] : by_tile) sum += counts;
  return sum;
}

Json products_json(const ProductCounts& products, Encoding encoding) {
  const auto columns = static_cast<std::uint64_t>(columns_per_weight(encoding));
  return {{"multiply_accumulates", (products.computed + products.reused + products.zero) / columns},
          {"columns_per_weight", columns},
          {"column_products_computed", products.computed},
          {"column_products_reused", products.reused},
          {"column_products_zero", products.zero}};
}

std::uint64_t crossbars_of(const LayerMapping& mapping) {
  std::vector<bool> used;
  std::optional<std::uint32_t> previous;
  for (const OperationUnit& unit : mapping.units) {
    if (unit.crossbar == previous) continue;
    previous = unit.crossbar;
    if (unit.crossbar >= used.size()) used.resize(unit.crossbar + 1);
    used[unit.crossbar] = true;
  }
  return static_cast<std::uint64_t>(std::count(used.begin(), used.end(), true));
}

/// What is in use, with all copies of layers.
struct Occupied {
  std::uint64_t crossbars = 0;
  std::uint64_t engines = 0;
  std::uint64_t cells_written = 0;

  Occupied& operator+=(const Occupied& other) {
    crossbars += other.crossbars;
    engines += other.engines;
    cells_written += other.cells_written;
    return *this;
  }
};

Occupied occupied_by(const LayerMapping& mapping, const LayerStatistics& layer) {
  return {layer.copies * crossbars_of(mapping), layer.engines, layer.copies * mapping.storage.cells};
}

/// By all layers; in rounds engines and crossbars serve several: the most that any round needs.
Occupied occupied_in_all(const WeightImage& image, const SimulationStatistics& statistics) {
  Occupied all;
  const auto add = [&](Occupied& sum, int first, int last) {
    for (const LayerMapping& mapping : image.mappings) {
      if (mapping.layer < first || mapping.layer > last) continue;
      sum += occupied_by(mapping, statistics.layers[static_cast<std::size_t>(mapping.layer)]);
    }
  };
  if (statistics.reload.rounds.empty()) add(all, 0, static_cast<int>(statistics.layers.size()));
  for (const RoundStatistics& round : statistics.reload.rounds) {
    Occupied of_round;
    add(of_round, round.first_layer, round.last_layer);
    all = {std::max(all.crossbars, of_round.crossbars), std::max(all.engines, of_round.engines),
           all.cells_written + of_round.cells_written};
  }
  return all;
}

std::size_t round_of(const SimulationStatistics& statistics, std::size_t layer) {
  std::size_t round = 0;
  for (const RoundStatistics& later : statistics.reload.rounds) {
    if (later.last_layer < static_cast<int>(layer)) ++round;
  }
  return round;
}

Json storage_json(const Storage& storage, const Occupied& occupied) {
  return {{"dense_cells", storage.dense_cells},
          {"cells", storage.cells},
          {"table_bits", storage.table_bits},
          {"index_bits", storage.index_bits},
          {"cells_written", occupied.cells_written},
          {"crossbars", occupied.crossbars},
          {"engines", occupied.engines}};
}

/// Cycles of lanes by cause, and the share of each.
Json causes_json(const CycleCounts& causes) {
  Json json{{"total", causes.total()}};
  const double total = std::max(1.0, static_cast<double>(causes.total()));
  for (std::size_t i = 0; i < kCycleCauses; ++i) {
    const auto cause = static_cast<CycleCause>(i);
    json["by_cause"][cause_name(cause)] = causes[cause];
    json["share"][cause_name(cause)] = static_cast<double>(causes[cause]) / total;
  }
  return json;
}

/// The energy of each layer by component, in the order of the events and components.
std::map<std::string, Json> energy_by_component(const EnergyLedger& ledger) {
  std::map<std::string, Json> layers;
  for (const EnergyLedger::Row& row : ledger.rows()) {
    Json& energy = layers[row.layer][row.component];
    energy = row.picojoules + (energy.is_null() ? 0.0 : energy.get<double>());
  }
  return layers;
}

/// Names of the layers that take what a layer makes; the last one's result goes to "output", too.
std::vector<std::string> consumers_of(const NetworkDescription& network, std::size_t number) {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) {
    for (int input : layer.inputs) {
      if (input == static_cast<int>(number)) names.push_back(layer.name);
    }
  }
  if (number + 1 == network.layers.size()) names.emplace_back("output");
  return names;
}

Json lanes_json(const NetworkDescription& network, std::size_t number, const LayerActivity& activity) {
  Json json = causes_json(activity.causes);
  json["lanes"] = activity.lanes;
  json["credit_by_consumer"] = Json::object();
  const std::vector<std::string> consumers = consumers_of(network, number);
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    Json& cycles = json["credit_by_consumer"][consumers[i]];
    cycles = activity.waited_for_consumer[i] + (cycles.is_null() ? 0 : cycles.get<std::uint64_t>());
  }
  return json;
}

Json layer_json(const WeightImage& image, std::size_t number, const LayerStatistics& statistics,
                const EnergyPart& energy) {
  const Layer& layer = image.network.layers[number];
  const EventCounts counts = sum_of(statistics.events);
  const LayerActivity& activity = statistics.activity;
  Json json{{"name", layer.name},
            {"kind", kind_name(layer.operation)},
            {"shape", {layer.shape.channels, layer.shape.height, layer.shape.width}},
            {"home_tile", statistics.home_tile},
            {"windows", activity.windows},
            {"cycles_busy", activity.busy_cycles},
            {"cycles_waiting_for_input", activity.waited_for_input},
            {"cycles_waiting_for_credit", activity.waited_for_credit},
            {"cycles_waiting_for_turn", activity.waited_for_turn},
            {"copies", statistics.copies},
            {"lane_cycles", lanes_json(image.network, number, activity)},
            {"activations", statistics.activations},
            {"activations_dropped", statistics.dropped_activations},
            {"energy_pj", energy.total()},
            {"energy_static_pj", energy.standing}};
  for (const LayerMapping& mapping : image.mappings) {
    if (static_cast<std::size_t>(mapping.layer) != number) continue;
    json["work"] = products_json(statistics.products, image.encoding);
    json["storage"] = storage_json(mapping.storage, occupied_by(mapping, statistics));
    json["repetition"] = Repetition(mapping).json();
  }
  json["events"] = events_json(counts);
  return json;
}

Json accuracy_json(const WeightImage& image, const RunOutcome& outcome) {
  Json json{{"images", outcome.images}, {"simulated", nullptr}, {"reference_8_bit", nullptr}, {"float", nullptr}};
  if (outcome.labelled) json["simulated"] = static_cast<double>(outcome.correct) / static_cast<double>(outcome.images);
  if (image.provenance.evaluation_images > 0) {
    json["reference_8_bit"] = image.provenance.reference_accuracy;
    json["float"] = image.provenance.float_accuracy;
    json["float_and_reference_images"] = image.provenance.evaluation_images;
  }
  return json;
}

Json cycles_json(const std::vector<Cycle>& cycles, double clock_mhz) {
  const Cycle total = std::accumulate(cycles.begin(), cycles.end(), Cycle{0});
  const double mean = cycles.empty() ? 0.0 : static_cast<double>(total) / static_cast<double>(cycles.size());
  return {{"total", total},
          {"mean", mean},
          {"minimum", cycles.empty() ? 0 : *std::min_element(cycles.begin(), cycles.end())},
          {"maximum", cycles.empty() ? 0 : *std::max_element(cycles.begin(), cycles.end())},
          {"mean_time_us", mean / clock_mhz}};
}

Json link_json(const LinkActivity& activity, Cycle elapsed) {
  const double share = elapsed == 0 ? 0.0 : static_cast<double>(activity.busy_cycles) / static_cast<double>(elapsed);
  return {{"packets", activity.packets},
          {"cycles_busy", activity.busy_cycles},
          {"cycles_waiting", activity.waiting_cycles},
          {"utilisation", share}};
}

Json links_json(const SimulationStatistics& statistics, const MachineConfig& machine) {
  Json json{{"kind", machine.links == Links::contended ? "contended" : "ideal"}, {"by_link", Json::object()}};
  for (const LinkStatistics& link : statistics.links) {
    json["by_link"][link.name] = link_json(link.activity, statistics.elapsed_cycles);
  }
  return json;
}

Json throughput_json(const SimulationStatistics& statistics, const MachineConfig& machine) {
  const auto images = static_cast<double>(statistics.image_cycles.size());
  const double seconds = static_cast<double>(statistics.elapsed_cycles) / (machine.clock_mhz * 1e6);
  return {{"images_in_flight", machine.images_in_flight},
          {"elapsed_cycles", statistics.elapsed_cycles},
          {"images_per_second", seconds > 0 ? images / seconds : 0.0},
          {"cycles_of_images", statistics.image_cycles}};
}

}  // namespace

Json make_results(const Scenario& scenario, const WeightImage& image, const SimulationStatistics& statistics,
                  const Costs& costs, const RunOutcome& outcome) {
  std::map<std::string, EnergyPart> energy = costs.energy.by_layer();
  std::map<std::string, Json> energy_parts = energy_by_component(costs.energy);
  Json layers = Json::array();
  ProductCounts products;
  Storage storage;
  CycleCounts causes;
  std::uint64_t activations = 0;
  std::uint64_t dropped = 0;
  std::uint64_t windows = 0;
  for (std::size_t layer = 0; layer < statistics.layers.size(); ++layer) {
    const LayerStatistics& of_layer = statistics.layers[layer];
    const std::string& name = image.network.layers[layer].name;
    layers.push_back(layer_json(image, layer, of_layer, energy[name]));
    layers.back()["energy_by_component_pj"] = energy_parts[name];
    layers.back()["round"] = round_of(statistics, layer);
    products.computed += of_layer.products.computed;
    products.reused += of_layer.products.reused;
    products.zero += of_layer.products.zero;
    windows += of_layer.activity.windows;
    activations += of_layer.activations;
    dropped += of_layer.dropped_activations;
    causes += of_layer.activity.causes;
  }
  Repetition repetition;
  for (const LayerMapping& mapping : image.mappings) {
    storage += mapping.storage;
    repetition += Repetition(mapping);
  }
  Json work = products_json(products, image.encoding);
  work["multiply_accumulates_of_graph"] = multiply_accumulates(image.network) * outcome.images;
  work["windows"] = windows;
  work["activations"] = activations;
  work["activations_dropped"] = dropped;
  Json stored = storage_json(storage, occupied_in_all(image, statistics));
  stored["tiles"] = statistics.tiles;
  return {{"schema_version", kResultsSchema},
          {"program_version", kVersionText},
          {"network", image.network.name},
          {"engine", to_string(image.engine)},
          {"granularity", to_string(image.granularity)},
          {"encoding", to_string(image.encoding)},
          {"images", outcome.images},
          {"accuracy", accuracy_json(image, outcome)},
          {"check",
           {{"images", outcome.checked},
            {"equal_to_reference", outcome.checked > 0},
            {"converters_lossless", outcome.lossless}}},
          {"cycles_per_image", cycles_json(statistics.image_cycles, scenario.platform.clock_mhz)},
          {"throughput", throughput_json(statistics, scenario.platform)},
          {"reload", reload_json(image, scenario.platform, statistics, costs)},
          {"links", links_json(statistics, scenario.platform)},
          {"lane_cycles", causes_json(causes)},
          {"energy_pj", energy_json(costs)},
          {"area_mm2_in_use", area_json(costs)},
          {"work", work},
          {"storage", stored},
          {"repetition", repetition.json()},
          {"tiles", tiles_json(image, statistics, scenario.platform)},
          {"events", events_json(costs.energy.counts())},
          {"input_output",
           {{"energy_pj", costs.energy.picojoules(statistics.input_output)},
            {"events", events_json(statistics.input_output)}}},
          {"layers", layers},
          {"configuration", config::dump(scenario, scenario_table())},
          {"image_configuration", image.provenance.configuration}};
}

std::string layers_csv(const Json& results) {
  std::string text =
      "layer,kind,channels,height,width,windows,cycles_busy,cycles_waiting_for_input,cycles_waiting_for_credit,"
      "activations,activations_dropped,multiply_accumulates,cells,dense_cells,table_bits,index_bits,crossbars,engines,"
      "energy_pj,cycles_waiting_for_turn,copies,cells_written,lanes";
  for (std::size_t i = 0; i < kCycleCauses; ++i) {
    text += std::string(",lane_cycles_") + cause_name(static_cast<CycleCause>(i));
  }
  text += ",energy_static_pj,round,set_pulses,reset_pulses,verified_cells\n";
  for (const Json& layer : results.at("layers")) {
    const Json& shape = layer.at("shape");
    const Json work = layer.value("work", Json::object());
    const Json storage = layer.value("storage", Json::object());
    const auto of = [](const Json& object, const char* key) { return object.value(key, std::uint64_t{0}); };
    text += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        csv_text(layer.at("name").get<std::string>()), layer.at("kind").get<std::string>(), shape[0].get<int>(),
        shape[1].get<int>(), shape[2].get<int>(), of(layer, "windows"), of(layer, "cycles_busy"),
        of(layer, "cycles_waiting_for_input"), of(layer, "cycles_waiting_for_credit"), of(layer, "activations"),
        of(layer, "activations_dropped"), of(work, "multiply_accumulates"), of(storage, "cells"),
        of(storage, "dense_cells"), of(storage, "table_bits"), of(storage, "index_bits"), of(storage, "crossbars"),
        of(storage, "engines"), layer.at("energy_pj").get<double>(), of(layer, "cycles_waiting_for_turn"),
        of(layer, "copies"), of(storage, "cells_written"), of(layer.at("lane_cycles"), "lanes"));
    for (const Json& cycles : layer.at("lane_cycles").at("by_cause")) {
      text += fmt::format(",{}", cycles.get<std::uint64_t>());
    }
    const Json& events = layer.at("events");
    text +=
        fmt::format(",{},{},{},{},{}\n", layer.at("energy_static_pj").get<double>(), of(layer, "round"),
                    of(events, "programming.set"), of(events, "programming.reset"), of(events, "programming.verify"));
  }
  return text;
}

namespace {

std::string percent(const Json& share) {
  return share.is_null() ? "-" : fmt::format("{:.2f}%", 100.0 * share.get<double>());
}

/// One quantity of a run: as a number for ratios and as text for the table.
struct Quantity {
  std::string name;
  std::string text;
  double value = 0.0;
  bool ratio = false;  ///< worth comparing
};

Quantity count(const std::string& name, double value) {
  return {name, metric(value), value, true};
}

/// Of an ADC law that may not cover the converters.
Quantity by_law(const std::string& name, const Json& total, double images) {
  return total.is_null() ? Quantity{name, "-"} : count(name, total.get<double>() / images);
}

std::string checked_images(const Json& check) {
  return check.at("converters_lossless").get<bool>() ? grouped(check.at("images").get<std::uint64_t>()) : "lossy ADC";
}

std::vector<Quantity> quantities(const Json& results) {
  const Json& accuracy = results.at("accuracy");
  const Json& work = results.at("work");
  const Json& storage = results.at("storage");
  const Json& energy = results.at("energy_pj");
  const auto images = std::max(1.0, results.at("images").get<double>());
  const auto per_image = [&](const Json& value) { return value.get<double>() / images; };
  const double cells = storage.at("cells").get<double>();
  const double table = storage.at("table_bits").get<double>() + storage.at("index_bits").get<double>();
  return {
      {"images", grouped(results.at("images").get<std::uint64_t>())},
      {"accuracy, float", percent(accuracy.at("float"))},
      {"accuracy, 8-bit reference", percent(accuracy.at("reference_8_bit"))},
      {"accuracy, simulated", percent(accuracy.at("simulated"))},
      {"equal to the reference, images checked", checked_images(results.at("check"))},
      count("cycles an image", results.at("cycles_per_image").at("mean").get<double>()),
      count("time an image, us", results.at("cycles_per_image").at("mean_time_us").get<double>()),
      count("images a second", results.at("throughput").at("images_per_second").get<double>()),
      count("energy an image, pJ", per_image(energy.at("total"))),
      count("  dynamic", per_image(energy.at("dynamic"))),
      count("  static", per_image(energy.at("static"))),
      by_law("  in all, ADC law ppsim", energy.at("total_by_adc_law").at("ppsim"), images),
      by_law("  in all, ADC law saberi", energy.at("total_by_adc_law").at("saberi"), images),
      count("OU activations an image", per_image(work.at("activations"))),
      count("  dropped, all inputs zero", per_image(work.at("activations_dropped"))),
      count("ADC conversions an image", per_image(results.at("events").at("adc.convert"))),
      count("multiply-accumulates an image", per_image(work.at("multiply_accumulates"))),
      count("  of the graph", per_image(work.at("multiply_accumulates_of_graph"))),
      count("cells", cells),
      count("mapping table and index bits", table),
      count("cells and bits", cells + table),
      count("crossbars", storage.at("crossbars").get<double>()),
      count("area in use, mm2", results.at("area_mm2_in_use").at("total").get<double>()),
      count("processing engines", storage.at("engines").get<double>()),
  };
}

}  // namespace

namespace {

/// The share of each cause that there is, by layer and in total.
std::string lane_summary(const Json& results) {
  std::vector<std::string> header{"share of cycles, %"};
  std::vector<std::string> causes;
  for (const auto& [cause, cycles] : results.at("lane_cycles").at("by_cause").items()) {
    if (cycles.get<std::uint64_t>() == 0) continue;
    causes.push_back(cause);
    header.push_back(std::regex_replace(cause, std::regex("_"), " "));
  }
  TextTable table(header);
  const auto add = [&](const std::string& name, const Json& lanes) {
    std::vector<std::string> cells{name};
    for (const std::string& cause : causes) {
      cells.push_back(fmt::format("{:.1f}", 100.0 * lanes.at("share").at(cause).get<double>()));
    }
    table.add(cells);
  };
  for (const Json& layer : results.at("layers")) add(layer.at("name").get<std::string>(), layer.at("lane_cycles"));
  add("all", results.at("lane_cycles"));
  return table.str();
}

}  // namespace

/// The links that were busiest; nothing where links do not contend.
std::string link_summary(const Json& results) {
  constexpr std::size_t kShown = 5;
  const Json& by_link = results.at("links").at("by_link");
  if (by_link.empty()) return "";
  std::vector<std::pair<double, std::string>> links;
  for (const auto& [name, link] : by_link.items()) links.emplace_back(-link.at("utilisation").get<double>(), name);
  std::sort(links.begin(), links.end());
  TextTable table({"link", "busy", "packets", "cycles waited a packet"});
  for (std::size_t i = 0; i < std::min(kShown, links.size()); ++i) {
    const Json& link = by_link.at(links[i].second);
    const auto packets = link.at("packets").get<double>();
    table.add({links[i].second, fmt::format("{:.2f}%", -100 * links[i].first), metric(packets),
               fmt::format("{:.1f}", link.at("cycles_waiting").get<double>() / packets)});
  }
  return fmt::format("\nthe busiest of {} links\n", links.size()) + table.str();
}

std::string summary(const Json& results) {
  TextTable table(
      {fmt::format("{} on {}", results.at("network").get<std::string>(), results.at("engine").get<std::string>()), ""});
  for (const Quantity& quantity : quantities(results)) table.add({quantity.name, quantity.text});
  TextTable layers(
      {"layer", "kind", "windows", "busy cycles", "waits: input", "credit", "activations", "dropped", "pJ"});
  const auto images = std::max(1.0, results.at("images").get<double>());
  for (const Json& layer : results.at("layers")) {
    const auto cell = [&](const char* key) { return metric(layer.at(key).get<double>() / images); };
    layers.add({layer.at("name").get<std::string>(), layer.at("kind").get<std::string>(), cell("windows"),
                cell("cycles_busy"), cell("cycles_waiting_for_input"), cell("cycles_waiting_for_credit"),
                cell("activations"), cell("activations_dropped"), cell("energy_pj")});
  }
  return table.str() + "\n" + cost_summary(results) + "\nper image, by layer\n" + layers.str() +
         "\nwhere the cycles of engines and vector units go\n" + lane_summary(results) + link_summary(results) +
         reload_summary(results);
}

Json compared_quantities(const NamedRuns& runs) {
  std::vector<std::vector<Quantity>> columns;
  for (const auto& [name, results] : runs) {
    try {
      columns.push_back(quantities(results));
    } catch (const Json::exception& error) {
      throw InputError(fmt::format("{}: results.json is damaged: {}", name, error.what()));
    }
  }
  Json rows = Json::array();
  for (std::size_t row = 0; row < columns.front().size(); ++row) {
    Json compared{{"name", columns.front()[row].name}, {"texts", Json::array()}, {"values", Json::array()}};
    for (const std::vector<Quantity>& column : columns) {
      compared["texts"].push_back(column[row].text);
      compared["values"].push_back(column[row].ratio ? Json(column[row].value) : Json());
    }
    rows.push_back(std::move(compared));
  }
  return rows;
}

std::string comparison(const NamedRuns& runs) {
  std::vector<std::string> header{""};
  for (std::size_t run = 0; run < runs.size(); ++run) {
    header.push_back(runs[run].first);
    if (run > 0) header.insert(header.end(), {"ratio", "change"});
  }
  TextTable table(header);
  for (const Json& row : compared_quantities(runs)) {
    std::vector<std::string> cells{row.at("name").get<std::string>(), row.at("texts")[0].get<std::string>()};
    const Json& base = row.at("values")[0];
    for (std::size_t run = 1; run < runs.size(); ++run) {
      const Json& value = row.at("values")[run];
      cells.push_back(row.at("texts")[run].get<std::string>());
      const bool comparable = !value.is_null() && !base.is_null() && base.get<double>() > 0;
      const double ratio = comparable ? value.get<double>() / base.get<double>() : 0.0;
      cells.push_back(comparable ? fmt::format("{:.3f}", ratio) : "");
      cells.push_back(comparable ? fmt::format("{:+.1f}%", 100.0 * (ratio - 1.0)) : "");
    }
    table.add(cells);
  }
  return table.str();
}

}  // namespace reprise
