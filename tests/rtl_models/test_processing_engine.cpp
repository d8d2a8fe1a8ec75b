#include <catch2/catch.hpp>
#include <systemc>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "clocked_bench.h"
#include "random_layer.h"
#include "rtl_models/processing_engine.h"
#include "support/error.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

namespace {

/// One engine with the signals at its pins.
struct EngineBench : sc_core::sc_module {
  EngineBench(const sc_core::sc_module_name& name, sc_core::sc_clock& clock, const RandomLayer& of)
      : sc_module(name), layer(of), engine("engine", of.config, of.image, of.mapping(), share()) {
    engine.clock(clock);
    engine.start(start);
    engine.window(window);
    engine.busy(busy);
    engine.done(done);
    engine.cycles(cycles);
    engine.sums(sums);
  }
  const EngineShare& share() const { return layer.mapping().engines[0]; }
  void begin(const std::vector<std::uint8_t>& bytes) {
    window.write(Bus<std::uint8_t>(bytes));
    start.write(true);
  }

  const RandomLayer& layer;
  sc_signal<bool> start{"start"};
  sc_signal<Bus<std::uint8_t>> window{"window"};
  sc_signal<bool> busy{"busy"};
  sc_signal<bool> done{"done"};
  sc_signal<std::uint32_t> cycles{"cycles"};
  sc_signal<Bus<std::int32_t>> sums{"sums"};
  ProcessingEngine engine;
};

struct Bench : ClockedBench {
  explicit Bench(const std::vector<RandomLayer>& layers) {
    for (std::size_t i = 0; i < layers.size(); ++i)
      engines.push_back(std::make_unique<EngineBench>(("bench" + std::to_string(i)).c_str(), clock, layers[i]));
  }
  /// Runs a window in every engine that has been begun, to the end of the last.
  void run() {
    tick();
    for (auto& e : engines) e->start.write(false);
    const auto busy = [this] {
      for (auto& e : engines) {
        if (e->busy.read()) return true;
      }
      return false;
    };
    while (busy()) tick();
  }

  std::vector<std::unique_ptr<EngineBench>> engines;
};

constexpr unsigned kSeed = 20261;
constexpr int kEngines = 200;
constexpr int kWindows = 4;

std::vector<std::uint64_t> as_list(const EngineCounts& c) {
  return {c.schedule_read,   c.input_register_write, c.input_register_read, c.zero_detector_check, c.dac_drive,
          c.crossbar_read,   c.sample_hold_sample,   c.adc_convert,         c.shift_add_add,       c.table_read,
          c.accumulator_add, c.dropped_pairs,        c.dropped_activations};
}

std::vector<std::uint64_t> sum_of(std::vector<std::uint64_t> a, const std::vector<std::uint64_t>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

/// The worked example of docs/machine.md, section 2: weights 3, -1, 2 of one output.
RandomLayer three_weights() {
  RandomLayer layer;
  layer.window_rows = 3;
  layer.image.geometry.crossbars_per_engine = 1;
  layer.image.cells = CellArray(layer.image.geometry, 1);
  layer.image.network.layers.resize(1);
  layer.image.mappings.resize(1);
  LayerMapping& mapping = layer.image.mappings[0];
  mapping.rows = {0, 1, 2};
  mapping.row_group_starts = {0, 3};
  mapping.initial_sums = {0};
  mapping.units.push_back({0, 0, 0, 0, 8, 8, true, 0});
  mapping.entries.push_back({0, 0, 0, false});
  mapping.engines.push_back({0, 0, 1});
  const int weights[] = {3, -1, 2};
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t b = 0; b < 8; ++b) {
      if (((static_cast<unsigned>(weights[r]) >> b) & 1U) != 0) layer.image.cells.set(0, r, b);
    }
  }
  return layer;
}

/// The worked example of section 3: a row group of 9 rows, two units of 1 and 40 entries.
RandomLayer two_units() {
  RandomLayer layer;
  layer.window_rows = 9;
  layer.image.cells = CellArray(layer.image.geometry, 8);
  layer.image.network.layers.resize(1);
  layer.image.mappings.resize(1);
  LayerMapping& mapping = layer.image.mappings[0];
  mapping.rows = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  mapping.row_group_starts = {0, 9};
  mapping.initial_sums.resize(40);
  mapping.units.push_back({0, 0, 0, 0, 8, 8, true, 0});
  mapping.units.push_back({0, 0, 0, 8, 8, 8, true, 1});
  mapping.entries.push_back({0, 0, 0, false});
  for (std::uint32_t o = 0; o < 40; ++o) mapping.entries.push_back({o, 0, 0, false});
  mapping.engines.push_back({0, 0, 2});
  layer.image.cells.set(0, 0, 0);
  return layer;
}

}  // namespace

TEST_CASE("three weights give 22") {
  const std::vector<RandomLayer> layers{three_weights()};
  reprise::test::run<Bench>(
      [](Bench& bench) {
        EngineBench& e = *bench.engines[0];
        e.begin({5, 1, 4});
        bench.run();
        CHECK(e.done.read());
        CHECK(e.sums.read().lanes == std::vector<std::int32_t>{22});
        // load 1, fill 5 x 8, bits 0 and 2, six dropped bits
        CHECK(e.cycles.read() == 1 + 40 + 2 * 8 + 6);
      },
      kLimit, layers);
}

TEST_CASE("the worked example of the pipeline takes 100 cycles, cycle by cycle") {
  const std::vector<RandomLayer> layers{two_units()};
  reprise::test::run<Bench>(
      [](Bench& bench) {
        EngineBench& e = *bench.engines[0];
        const auto stage = [&e](const char* name) -> const Activation& {
          auto* object = sc_core::sc_find_object((std::string(e.engine.name()) + "." + name).c_str());
          return dynamic_cast<sc_signal<Activation>*>(object)->read();
        };
        const auto shown = [&stage](const char* name) {
          std::ostringstream text;
          text << stage(name);
          return text.str();
        };
        e.begin({1, 0, 4, 0, 16, 0, 0, 0, 0});  // bits 0, 2 and 4
        bench.tick();                           // cycle 0: load
        e.start.write(false);
        CHECK(e.busy.read());
        CHECK(shown("fetch") == "empty");
        bench.tick();  // cycle 1
        CHECK(shown("fetch") == "unit 0 bit 0");
        bench.tick(7);  // cycle 8, the last of the step
        CHECK(shown("fetch") == "unit 0 bit 0");
        CHECK(shown("drive") == "empty");
        bench.tick();  // cycle 9
        CHECK(shown("fetch") == "unit 1 bit 0");
        CHECK(shown("drive") == "unit 0 bit 0");
        bench.tick(8);  // cycle 17: bit 1 is dropped, the pipe stands still for one
        CHECK(shown("fetch") == "unit 1 bit 0");
        bench.tick();  // cycle 18
        CHECK(shown("fetch") == "unit 0 bit 2");
        CHECK(shown("drive") == "unit 1 bit 0");
        CHECK(shown("read") == "unit 0 bit 0");
        bench.tick(8);  // cycle 26
        CHECK(shown("fetch") == "unit 1 bit 2");
        CHECK(shown("convert") == "unit 0 bit 0");
        bench.tick(9);  // cycle 35, after bit 3
        CHECK(shown("fetch") == "unit 0 bit 4");
        CHECK(shown("shift_add") == "unit 0 bit 0");
        bench.tick(8);  // cycle 43
        CHECK(shown("fetch") == "unit 1 bit 4");
        CHECK(shown("scatter") == "unit 0 bit 0");
        bench.tick(8 + 3);  // cycle 54, bits 5 to 7 dropped: unit 1 stalls the pipe for 10
        CHECK(shown("scatter") == "unit 1 bit 0");
        CHECK(shown("fetch") == "empty");
        bench.tick(9);
        CHECK(shown("scatter") == "unit 1 bit 0");
        bench.tick();  // cycle 64
        CHECK(shown("scatter") == "unit 0 bit 2");
        bench.tick(35);  // cycle 99, the last
        CHECK(shown("scatter") == "unit 1 bit 4");
        CHECK(e.busy.read());
        CHECK(!e.done.read());
        bench.tick();
        CHECK(!e.busy.read());
        CHECK(e.done.read());
        CHECK(e.cycles.read() == 100);
        CHECK(shown("scatter") == "empty");
        bench.tick();
        CHECK(!e.done.read());
      },
      kLimit, layers);
}

TEST_CASE("a window through an input filter takes filter_cycles more") {
  RandomLayer layer = two_units();
  std::get<ConvolutionLayer>(layer.image.network.layers[0].operation).filter = reprise::InputFilter{};
  layer.config.filter_cycles = 13;
  reprise::test::run<Bench>(
      [](Bench& bench) {
        EngineBench& e = *bench.engines[0];
        e.begin({1, 2, 4, 0, 0, 0, 0, 0, 0});
        bench.run();
        CHECK(e.cycles.read() == 13 + 100);
        CHECK(e.sums.read()[0] == 1);
      },
      kLimit, std::vector<RandomLayer>{layer});
}

TEST_CASE("a start while busy is ignored, one in the cycle of done is taken") {
  const std::vector<RandomLayer> layers{three_weights()};
  reprise::test::run<Bench>(
      [](Bench& bench) {
        EngineBench& e = *bench.engines[0];
        e.begin({5, 1, 4});
        bench.tick(63);
        CHECK(e.busy.read());
        CHECK(e.cycles.read() == 62);
        bench.tick();
        CHECK(e.done.read());
        e.window.write(bus(std::vector<std::uint8_t>{0, 0, 0}));
        bench.tick();  // a window of nothing: load 1, eight dropped bits
        CHECK(e.busy.read());
        bench.tick(9);
        CHECK(e.done.read());
        CHECK(e.cycles.read() == 9);
        CHECK(e.sums.read().lanes == std::vector<std::int32_t>{0});
      },
      kLimit, layers);
}

TEST_CASE("a window that is too short is an error") {
  const std::vector<RandomLayer> layers{three_weights()};
  reprise::test::run<Bench>(
      [](Bench& bench) {
        bench.engines[0]->begin({5, 1});
        CHECK(errors_in([&] { bench.tick(); }) == 1);
      },
      kLimit, layers);
}

TEST_CASE("a waveform shows the stages by name") {
  const std::string path = (std::filesystem::temp_directory_path() / "reprise_test_rtl_waveform").string();
  const std::vector<RandomLayer> layers{three_weights()};
  reprise::test::run<Bench>(
      [&path](Bench& bench) {
        sc_core::sc_trace_file* file = sc_core::sc_create_vcd_trace_file(path.c_str());
        bench.engines[0]->engine.trace(file);
        bench.engines[0]->begin({5, 1, 4});
        bench.run();
        sc_core::sc_close_vcd_trace_file(file);
      },
      kLimit, layers);
  std::ostringstream text;
  text << std::ifstream(path + ".vcd").rdbuf();
  std::filesystem::remove(path + ".vcd");
  const std::string header = text.str().substr(0, text.str().find("$enddefinitions"));
  for (const char* stage : {"fetch", "drive", "read", "convert", "shift_add", "scatter"})
    CHECK(header.find(std::string("$scope module ") + stage + " ") != std::string::npos);
  for (const char* wire : {"advance", "wordline_8", "bitline_7", "code_0", "partial_0", "unit", "bit"})
    CHECK(header.find(std::string("  ") + wire) != std::string::npos);
}

TEST_CASE("random engines agree with a direct evaluation in sums, cycles and counts") {
  Random random(kSeed);
  std::vector<RandomLayer> layers;
  for (int i = 0; i < kEngines; ++i) layers.push_back(random_layer(random, 1));
  reprise::test::run<Bench>(
      [&random](Bench& bench) {
        std::vector<std::vector<std::uint64_t>> totals(bench.engines.size());
        int lossless = 0;
        for (int w = 0; w < kWindows; ++w) {
          std::vector<std::vector<std::uint8_t>> windows;
          for (auto& e : bench.engines) {
            windows.push_back(random_window(random, e->layer.window_rows));
            e->begin(windows.back());
          }
          bench.run();
          for (std::size_t i = 0; i < bench.engines.size(); ++i) {
            const EngineBench& e = *bench.engines[i];
            const Expected expected = expected_window(e.layer, e.share(), windows[i]);
            INFO("seed " << kSeed << " engine " << i << " window " << w);
            CHECK(e.sums.read().lanes == expected.sums);
            CHECK(e.cycles.read() == expected.cycles);
            const auto counts = as_list(expected.counts);
            totals[i] = w == 0 ? counts : sum_of(totals[i], counts);
            CHECK(as_list(e.engine.counts()) == totals[i]);
            const bool covers = e.layer.config.adc_kind == AdcKind::ideal ||
                                (1 << e.layer.config.adc_bits) > e.layer.image.geometry.unit_rows;
            if (!covers) continue;
            ++lossless;
            CHECK(e.sums.read().lanes == integer_product(e.layer, e.share(), windows[i]));
          }
        }
        CHECK(lossless > 200);
      },
      kLimit, layers);
}
