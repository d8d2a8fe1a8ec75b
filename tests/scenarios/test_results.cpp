#include <catch2/catch.hpp>

#include <cstdlib>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "compression/image/image_file.h"
#include "compression/network/onnx_import.h"
#include "tests/scenarios/workshop.h"

// What a run writes down agrees with itself, with the network and with the waveform.

namespace {

using namespace reprise;
using namespace reprise::test;
using nlohmann::json;

const std::vector<std::string> kBitColumns{"--engine", "wpr", "--granularity", "bit_column"};

double sum_of(const json& values) {
  double sum = 0.0;
  for (const json& value : values) sum += value.get<double>();
  return sum;
}

/// Fields of a CSV line in which only the first is in quotes.
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream stream(line);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

TEST_CASE("The parts of the results add up to the whole") {
  const Workshop workshop;
  for (const std::vector<std::string>& engine : all_engines()) {
    INFO(engine[1] << " " << engine[3] << " " << engine.back());
    const json results = workshop.run(workshop.compress(network_file("lenet5"), "image.h5", engine), "run");
    const double energy = results["energy_pj"]["total"];
    CHECK(energy > 0);
    CHECK(sum_of(results["energy_pj"]["by_component"]) == Approx(energy).epsilon(1e-12));
    double area = 0.0;
    for (const json& part : results["area_mm2_in_use"].at("by_component")) area += part.at("mm2").get<double>();
    CHECK(area == Approx(results["area_mm2_in_use"]["total"].get<double>()).epsilon(1e-12));

    json events = results["input_output"]["events"];
    double by_layer = 0.0;
    for (const json& part : results["energy_pj"]["by_layer"]) {
      if (part["layer"].is_null()) by_layer += part["total"].get<double>();  // the DMA, and what is once in a tile
    }
    std::map<std::string, std::uint64_t> sums;
    for (const json& layer : results["layers"]) {
      by_layer += layer["energy_pj"].get<double>();
      for (const auto& [event, count] : layer["events"].items()) {
        events[event] = events[event].get<std::uint64_t>() + count.get<std::uint64_t>();
      }
      for (const char* key : {"windows", "activations", "activations_dropped"}) {
        sums[key] += layer[key].get<std::uint64_t>();
      }
      for (const char* key : {"dense_cells", "cells", "table_bits", "index_bits", "crossbars", "engines"}) {
        if (layer.contains("storage")) sums[key] += layer["storage"][key].get<std::uint64_t>();
      }
      if (layer.contains("work")) sums["products"] += layer["work"]["multiply_accumulates"].get<std::uint64_t>();
    }
    CHECK(by_layer == Approx(energy).epsilon(1e-12));
    CHECK(events == results["events"]);
    for (const char* key : {"windows", "activations", "activations_dropped"}) CHECK(results["work"][key] == sums[key]);
    for (const char* key : {"dense_cells", "cells", "table_bits", "index_bits", "crossbars", "engines"}) {
      CHECK(results["storage"][key] == sums[key]);
    }
    CHECK(results["work"]["multiply_accumulates"] == sums["products"]);
    CHECK(results["events"]["schedule.read"] == sums["activations"]);
    CHECK(results["events"]["dma.transfer"] == Workshop::kImages * (28 * 28 + 10));
    const json& cycles = results["cycles_per_image"];
    CHECK(cycles["mean"].get<double>() * Workshop::kImages == Approx(cycles["total"].get<double>()));
    CHECK(cycles["mean_time_us"].get<double>() == Approx(cycles["mean"].get<double>() / 1200.0));
    CHECK(cycles["minimum"] <= cycles["maximum"]);
  }
}

/// Lines of a CSV file, by the header.
std::vector<std::map<std::string, std::string>> table_of(const std::string& file) {
  std::istringstream stream(read_text(file));
  std::string line;
  std::getline(stream, line);
  const std::vector<std::string> header = fields(line);
  std::vector<std::map<std::string, std::string>> lines;
  while (std::getline(stream, line)) {
    const std::vector<std::string> parts = fields(line);
    REQUIRE(parts.size() == header.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i == 0) lines.emplace_back();
      lines.back()[header[i]] = parts[i];
    }
  }
  return lines;
}

/// Sums of a column by layer.
std::map<std::string, std::uint64_t> sums_by_layer(const std::vector<std::map<std::string, std::string>>& lines,
                                                   const std::string& column) {
  std::map<std::string, std::uint64_t> sums;
  for (const auto& line : lines) {
    const std::string& name = line.at("layer");
    sums[name.substr(1, name.size() - 2)] += std::stoull(line.at(column));
  }
  return sums;
}

void check_occupancy(const Workshop& workshop, const json& results) {
  const auto slots = table_of(workshop.path("run/pipeline.csv"));
  const auto engines = table_of(workshop.path("run/engines.csv"));
  CHECK(engines.size() == results["storage"]["engines"]);
  auto activations = sums_by_layer(engines, "activations");
  auto scatter = sums_by_layer(engines, "cycles_scatter");
  for (const json& layer : results["layers"]) {
    const std::string name = layer["name"];
    INFO(name);
    const json& causes = layer["lane_cycles"]["by_cause"];
    CHECK(activations[name] == layer["activations"]);
    CHECK(scatter[name] == causes["scatter"]);
    for (const char* state : {"busy", "waiting_for_input", "waiting_for_credit", "waiting_for_turn"}) {
      CHECK(sums_by_layer(slots, state)[name] == layer[std::string("cycles_") + state]);
    }
    CHECK(sum_of(layer["energy_by_component_pj"]) == Approx(layer["energy_pj"].get<double>()).epsilon(1e-12));
  }
  std::uint64_t in_tiles = 0;
  std::uint64_t working = 0;
  for (const json& tile : results["tiles"]) {
    in_tiles += tile["engines"].get<std::uint64_t>();
    working += tile["cycles_working"].get<std::uint64_t>();
    CHECK(tile["utilisation"] <= 1.0);
    CHECK(tile["tile"] == tile["row"].get<int>() * 14 + tile["column"].get<int>());
    CHECK(!tile["layers"].empty());
  }
  CHECK(in_tiles == results["storage"]["engines"]);
  CHECK(results["tiles"].size() == results["storage"]["tiles"]);
  std::uint64_t own = 0;
  for (const char* cause : {"load", "fill", "busy", "scatter", "dropped"}) {
    for (const auto& entry : sums_by_layer(engines, std::string("cycles_") + cause)) own += entry.second;
  }
  CHECK(working == own);
}

TEST_CASE("Engines, tiles and slots of time add up to the layers") {
  const Workshop workshop;
  const std::string scenario = read_text(workshop.path("run.yaml"));
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", kBitColumns);
  for (const std::string platform :
       {"execution: asynchronous", "execution: sequential", "images_in_flight: 4, buffer_extra_rows: 0",
        "replication: {kind: balanced, engines: 60}, images_in_flight: 3", "links: contended",
        "replication: {kind: explicit, copies: {_0_Conv: 2}}, fidelity: {rtl: [_0_Conv]}"}) {
    INFO(platform);
    workshop.file("run.yaml", scenario + "platform: {" + platform + "}\n");
    check_occupancy(workshop, workshop.run(image, "run", {"--count", "5"}));
  }
}

/// How many of the values fall into each bin; all of them into one.
void check_bins(const json& bins, const std::vector<std::uint64_t>& values, const char* what) {
  std::uint64_t binned = 0;
  for (const json& bin : bins) {
    std::uint64_t inside = 0;
    for (const std::uint64_t value : values) inside += value >= bin["from"] && value <= bin["to"] ? 1 : 0;
    CHECK(bin[what] == inside);
    binned += inside;
  }
  CHECK(binned == values.size());
}

TEST_CASE("Repetition is that of the weight image") {
  const Workshop workshop;
  for (const std::vector<std::string>& engine : all_engines()) {
    INFO(engine[1] << " " << engine[3] << " " << engine.back());
    const std::string file = workshop.compress(network_file("lenet5"), "image.h5", engine);
    const WeightImage image = read_image(file);
    const json results = workshop.run(file, "run", {"--count", "1"});
    std::vector<std::uint64_t> all_uses;
    std::vector<std::uint64_t> all_lengths;
    for (const LayerMapping& mapping : image.mappings) {
      std::map<std::pair<std::size_t, int>, std::uint64_t> uses;  // by unit and slot
      std::vector<std::uint64_t> lengths;
      for (std::size_t unit = 0; unit < mapping.units.size(); ++unit) {
        for (int slot = 0; slot < mapping.units[unit].columns / mapping.units[unit].slot_columns; ++slot) {
          uses[{unit, slot}] = 0;
        }
        lengths.push_back(mapping.entries_end(unit) - mapping.entries_begin(unit));
        for (std::size_t e = mapping.entries_begin(unit); e < mapping.entries_end(unit); ++e) {
          ++uses.at({unit, mapping.entries[e].slot});
        }
      }
      std::vector<std::uint64_t> counts;
      for (const auto& entry : uses) counts.push_back(entry.second);
      const json& layer = results["layers"][static_cast<std::size_t>(mapping.layer)]["repetition"];
      CHECK(layer["patterns"] == counts.size());
      CHECK(layer["uses"] == mapping.entries.size());
      CHECK(layer["units"] == lengths.size());
      check_bins(layer["patterns_by_uses"], counts, "patterns");
      check_bins(layer["units_by_fan_out"], lengths, "units");
      all_uses.insert(all_uses.end(), counts.begin(), counts.end());
      all_lengths.insert(all_lengths.end(), lengths.begin(), lengths.end());
    }
    check_bins(results["repetition"]["patterns_by_uses"], all_uses, "patterns");
    check_bins(results["repetition"]["units_by_fan_out"], all_lengths, "units");
  }
}

TEST_CASE("The work counted is that of the graph") {
  const Workshop workshop;
  for (const char* network : {"lenet5", "vgg8"}) {
    const std::uint64_t products = multiply_accumulates(import_onnx(network_file(network)));
    for (const std::vector<std::string>& engine : all_engines()) {
      const std::string image = workshop.compress(network_file(network), "image.h5", engine);
      const json work = workshop.run(image, "run", {"--count", "1"})["work"];
      CHECK(work["multiply_accumulates"] == products);
      CHECK(work["multiply_accumulates_of_graph"] == products);
      const std::uint64_t columns = engine.back() == "differential" ? 14 : 8;
      CHECK(work["columns_per_weight"] == columns);
      std::uint64_t column_products = 0;
      for (const char* kind : {"computed", "reused", "zero"}) {
        column_products += work[std::string("column_products_") + kind].get<std::uint64_t>();
      }
      CHECK(column_products == columns * products);
      if (engine[1] == "dense") CHECK(work["column_products_reused"] == 0);
    }
  }
}

TEST_CASE("layers.csv holds the figures of results.json") {
  const Workshop workshop;
  const json results = workshop.run(workshop.compress(network_file("vgg8"), "image.h5", kBitColumns), "run");
  std::istringstream csv(read_text(workshop.path("run/layers.csv")));
  std::string line;
  REQUIRE(std::getline(csv, line));
  const std::vector<std::string> header = fields(line);
  REQUIRE(header.size() == 19 + 4 + 15 + 1 + 4);
  for (const json& layer : results["layers"]) {
    REQUIRE(std::getline(csv, line));
    const std::vector<std::string> row = fields(line);
    REQUIRE(row.size() == header.size());
    CHECK(row[0] == "\"" + layer["name"].get<std::string>() + "\"");
    CHECK(row[1] == layer["kind"]);
    for (std::size_t i = 0; i < 3; ++i) CHECK(row[2 + i] == layer["shape"][i].dump());
    for (std::size_t i = 5; i < header.size(); ++i) {
      INFO(row[0] << " " << header[i]);
      json expected = 0;
      for (const json& part : {layer, layer.value("work", json::object()), layer.value("storage", json::object())}) {
        if (part.contains(header[i])) expected = part[header[i]];
      }
      if (header[i] == "set_pulses") expected = layer["events"]["programming.set"];
      if (header[i] == "reset_pulses") expected = layer["events"]["programming.reset"];
      if (header[i] == "verified_cells") expected = layer["events"]["programming.verify"];
      if (header[i] == "lanes") expected = layer["lane_cycles"]["lanes"];
      if (header[i].rfind("lane_cycles_", 0) == 0) {
        expected = layer["lane_cycles"]["by_cause"].at(header[i].substr(std::string("lane_cycles_").size()));
      }
      CHECK(json::parse(row[i]).get<double>() == expected.get<double>());
    }
  }
  CHECK(!std::getline(csv, line));
}

/// Every cycle of every lane has a cause, and layers add up to the whole.
void check_lanes(const json& results) {
  json sums = json::object();
  const std::uint64_t elapsed = results["throughput"]["elapsed_cycles"];
  for (const json& layer : results["layers"]) {
    const json& lanes = layer["lane_cycles"];
    CHECK(sum_of(lanes["by_cause"]) == lanes["total"].get<double>());
    CHECK(lanes["total"] == lanes["lanes"].get<std::uint64_t>() * elapsed);
    CHECK(sum_of(lanes["share"]) == Approx(1.0));
    CHECK(sum_of(lanes["credit_by_consumer"]) == lanes["by_cause"]["credit"].get<double>());
    if (layer.contains("storage")) {
      CHECK(lanes["lanes"] == layer["storage"]["engines"]);
      CHECK(layer["storage"]["cells_written"] ==
            layer["copies"].get<std::uint64_t>() * layer["storage"]["cells"].get<std::uint64_t>());
    }
    for (const auto& [cause, cycles] : lanes["by_cause"].items()) {
      sums[cause] = sums.value(cause, std::uint64_t{0}) + cycles.get<std::uint64_t>();
    }
  }
  CHECK(sums == results["lane_cycles"]["by_cause"]);
}

TEST_CASE("Execution, images in flight and copies change times, never outputs or work") {
  const Workshop workshop;
  const std::string scenario = read_text(workshop.path("run.yaml"));
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", kBitColumns);
  const json plain = workshop.run(image, "plain");
  check_lanes(plain);
  std::map<std::string, json> runs;
  for (const std::string platform :
       {"execution: sequential", "execution: synchronous", "images_in_flight: 3",
        "replication: {kind: balanced, engines: 60}, images_in_flight: 3",
        "replication: {kind: explicit, copies: {_0_Conv: 4}}",
        "replication: {kind: explicit, copies: {_0_Conv: 2}}, fidelity: {rtl: [_0_Conv]}"}) {
    INFO(platform);
    workshop.file("run.yaml", scenario + "platform: {" + platform + "}\n");
    const json results = runs[platform] = workshop.run(image, "run", {"--count", "6"});
    check_lanes(results);
    CHECK(results["check"]["images"] == 6);  // equal to the reference
  }
  workshop.file("run.yaml", scenario);
  const json six = workshop.run(image, "six", {"--count", "6"});
  for (const auto& [platform, results] : runs) {
    INFO(platform);
    CHECK(results["events"] == six["events"]);
    CHECK(results["energy_pj"]["total"] == six["energy_pj"]["total"]);
    CHECK(results["work"] == six["work"]);
  }
  const auto cycles = [](const json& results) { return results["cycles_per_image"]["mean"].get<double>(); };
  const auto rate = [](const json& results) { return results["throughput"]["images_per_second"].get<double>(); };
  CHECK(cycles(runs["execution: sequential"]) > cycles(six));
  CHECK(cycles(runs["execution: synchronous"]) > cycles(six));
  CHECK(rate(runs["images_in_flight: 3"]) > rate(six));
  CHECK(cycles(runs["replication: {kind: explicit, copies: {_0_Conv: 4}}"]) < cycles(six));
  CHECK(rate(six) == Approx(1.2e9 * 6 / six["throughput"]["elapsed_cycles"].get<double>()));
}

TEST_CASE("What a run took is written where it is asked for, apart from its results") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", {"--engine", "dense"});
  const auto effort_of = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--effort", workshop.path("effort.json")});
    workshop.run(image, "run", options);
    return json::parse(read_text(workshop.path("effort.json")));
  };
  const json alone = effort_of({});
  for (const char* phase : {"loading", "elaboration", "first image", "other images", "results"}) {
    INFO(phase);
    CHECK(alone["seconds"].contains(phase));
    CHECK(alone["processor_seconds"].contains(phase));
  }
  CHECK(alone["seconds"]["other images"] > 0.0);
  CHECK(alone["peak_memory_mib"] > 1.0);
  const json shared = effort_of({"--jobs", "2"});
  CHECK(shared["processor_seconds"]["images"] > 0.0);
  CHECK(!shared["seconds"].contains("first image"));
}

TEST_CASE("A place where what a run took cannot be written is refused before the run") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5", {"--engine", "dense"});
  for (const char* place : {"missing/effort.json", "."}) {
    INFO(place);
    const Outcome outcome = run_program({"run", workshop.path("run.yaml"), "--image", image, "-o", workshop.path("out"),
                                         "--effort", workshop.path(place)});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Catch::Contains("--effort"));
    CHECK(!std::filesystem::exists(workshop.path("out")));
  }
}

TEST_CASE("The same run gives the same bytes") {
  const Workshop workshop;
  workshop.file("run.yaml",
                read_text(workshop.path("run.yaml")) + "trace: {waveform: true, images: 2, timeline: true}\n");
  const std::string first = workshop.compress(network_file("lenet5"), "first.h5", kBitColumns);
  const std::string second = workshop.compress(network_file("lenet5"), "second.h5", kBitColumns);
  CHECK(read_text(first) == read_text(second));
  CHECK(read_text(workshop.path("first.json")) == read_text(workshop.path("second.json")));
  workshop.run(first, "one");
  workshop.run(first, "two");
  for (const char* file : {"results.json", "layers.csv", "engines.csv", "pipeline.csv", "report.html", "waves.vcd",
                           "waves.gtkw", "timeline.json"}) {
    INFO(file);
    const std::string content = read_text(workshop.path(std::string("one/") + file));
    CHECK(content.size() > 500);
    CHECK(content == read_text(workshop.path(std::string("two/") + file)));
  }
}

/// Number of value changes of each signal of a VCD file, by scope.name, the initial values left out.
std::map<std::string, int> value_changes(const std::string& file) {
  std::map<std::string, std::string> names;
  std::map<std::string, int> changes;
  std::vector<std::string> scopes;
  std::istringstream stream(read_text(file));
  bool started = false;
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    std::vector<std::string> word{std::istream_iterator<std::string>(words), {}};
    if (word.empty()) continue;
    if (word[0] == "$scope") scopes.push_back(word[2]);
    if (word[0] == "$upscope") scopes.pop_back();
    if (word[0] == "$var") {
      std::string name;
      for (std::size_t i = 1; i < scopes.size(); ++i) name += scopes[i] + ".";
      names[word[3]] = name + word[4];
      changes[name + word[4]] = 0;
    }
    if (word[0] == "$enddefinitions") started = true;
    if (!started || word[0][0] == '$') continue;
    if (word[0][0] == 'b') ++changes.at(names.at(word.at(1)));
    if (word[0][0] == '0' || word[0][0] == '1') ++changes.at(names.at(word[0].substr(1)));
  }
  return changes;
}

TEST_CASE("The waveform shows every engine and every buffer at work") {
  const Workshop workshop;
  workshop.file("run.yaml", read_text(workshop.path("run.yaml")) + "trace: {waveform: true}\n");
  const std::string path = workshop.compress(network_file("lenet5"), "image.h5", kBitColumns);
  workshop.run(path, "run", {"--count", "1"});
  const std::map<std::string, int> changes = value_changes(workshop.path("run/waves.vcd"));
  const WeightImage image = read_image(path);
  std::size_t signals = 1;
  CHECK(changes.at("output.buffer0.fill") > 0);
  for (const LayerMapping& mapping : image.mappings) {
    for (const EngineShare& share : mapping.engines) {
      const auto engines = static_cast<std::uint32_t>(image.geometry.engines_per_tile);
      const std::string name =
          "tile" + std::to_string(share.engine / engines) + ".pe" + std::to_string(share.engine % engines) + ".busy";
      INFO(name);
      CHECK(changes.at(name) >= 2);
      signals += 2;  // its window, too
    }
  }
  for (const Layer& layer : image.network.layers) {
    const std::string scope = std::regex_replace(layer.name, std::regex("[^A-Za-z0-9_]"), "_");
    INFO(scope);
    CHECK(changes.at(scope + ".buffer0.fill") > 0);
    CHECK(changes.at(scope + ".window") + 1 >= static_cast<int>(layer.shape.pixels()));  // it begins at window 0
    CHECK(changes.at(scope + ".state") > 1);
    signals += 3;
  }
  CHECK(changes.size() == signals);
}

TEST_CASE("A waveform as FST opens in GTKWave's tools") {
  if (std::system("command -v vcd2fst >/dev/null && command -v fst2vcd >/dev/null") != 0) {
    WARN("SKIPPED: vcd2fst and fst2vcd of the package gtkwave are missing");
    return;
  }
  const Workshop workshop;
  workshop.file("run.yaml", read_text(workshop.path("run.yaml")) + "trace: {waveform: true, format: fst}\n");
  workshop.run(workshop.compress(network_file("lenet5"), "image.h5"), "run", {"--count", "1"});
  const std::string command =
      "fst2vcd " + workshop.path("run/waves.fst") + " >" + workshop.path("back.vcd") + " 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto changes = value_changes(workshop.path("run/waves.vcd"));
  CHECK(changes.size() > 20);
  CHECK(value_changes(workshop.path("back.vcd")) == changes);
  CHECK_THAT(read_text(workshop.path("run/waves.gtkw")), Catch::Contains("[dumpfile] \"waves.fst\""));
}

TEST_CASE("Without vcd2fst the VCD remains") {
  const Workshop workshop;
  workshop.file("run.yaml", read_text(workshop.path("run.yaml")) + "trace: {waveform: true, format: fst}\n");
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  const std::string path = std::getenv("PATH");
  setenv("PATH", workshop.path("nowhere").c_str(), 1);
  const Outcome outcome =
      run_program({"run", workshop.path("run.yaml"), "--image", image, "--count", "1", "-o", workshop.path("run")});
  setenv("PATH", path.c_str(), 1);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.err, Catch::Contains("vcd2fst"));
  CHECK(value_changes(workshop.path("run/waves.vcd")).size() > 20);
  CHECK_THAT(read_text(workshop.path("run/waves.gtkw")), Catch::Contains("[dumpfile] \"waves.vcd\""));
}

TEST_CASE("Runs are compared side by side") {
  const Workshop workshop;
  const std::string image = workshop.compress(network_file("lenet5"), "image.h5");
  workshop.run(image, "one");
  workshop.run(image, "two");
  const Outcome outcome = run_program({"compare", workshop.path("one"), workshop.path("two/")});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(std::regex_search(outcome.out, std::regex("one +two +ratio +change\n")));
  CHECK(std::regex_search(outcome.out, std::regex("\nenergy an image, pJ.* 1\\.000 +\\+0\\.0%\n")));
}

}  // namespace
