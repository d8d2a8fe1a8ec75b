#include <catch2/catch.hpp>

#include <tlm_utils/simple_initiator_socket.h>

#include "tests/sc_test.h"
#include "tlm/activity_counter.h"
#include "tlm/pin_level_engine.h"
#include "tlm/transport.h"

using namespace reprise;

namespace {

/// Three rows, weights 3, -1, 2 in two's complement for one output: the worked example of docs/machine.md, section 2.
WeightImage example() {
  WeightImage image;
  image.geometry.crossbar_rows = image.geometry.unit_rows = image.geometry.group_rows = 3;
  image.geometry.crossbar_columns = 8;
  image.geometry.crossbars_per_engine = 1;
  image.cells = CellArray(image.geometry, 1);
  const int weights[] = {3, -1, 2};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (((weights[row] >> bit) & 1) != 0) image.cells.set(0, row, bit);
    }
  }
  image.network.layers.resize(1);
  LayerMapping mapping;
  mapping.rows = {0, 1, 2};
  mapping.row_group_starts = {0, 3};
  mapping.units = {{0, 0, 0, 0, 8, 8, true, 0}};
  mapping.entries = {{0, 0, 0, false}};
  mapping.engines = {{0, 0, 1}};
  mapping.initial_sums = {0};
  image.mappings = {mapping};
  return image;
}

/// Notes warnings instead of failing the test.
struct Warnings {
  Warnings() : before(sc_core::sc_report_handler::set_handler(note)) { texts().clear(); }
  ~Warnings() { sc_core::sc_report_handler::set_handler(before); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  static std::vector<std::string>& texts() {
    static std::vector<std::string> texts;
    return texts;
  }
  static void note(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (report.get_severity() == sc_core::SC_WARNING) return texts().push_back(report.get_msg());
    sc_core::sc_report_handler::default_handler(report, actions);
  }
  const sc_core::sc_report_handler_proc before;
};

struct Bench : sc_core::sc_module {
  /// @param expected  what the transaction level believes
  Bench(const WeightImage& image, const MachineConfig& machine, const PipelineConfig& expected,
        const sc_core::sc_module_name& name = "bench")
      : sc_module(name),
        image_(image),
        engine("pe0", 0, image, image.mappings[0], image.mappings[0].engines[0], machine,
               EngineSchedule(image.mappings[0], image.mappings[0].engines[0], image.geometry, expected, 0, 0),
               nullptr) {
    socket.bind(engine.socket);
  }

  /// Of 5 1 4 and of nothing.
  EngineJob windows(std::size_t count) {
    static const std::uint8_t im2col[] = {5, 1, 4, 0, 0, 0};
    ActivityCounter counter(image_.mappings[0], image_.geometry, {0, 1, 2});
    InputActivity activity = counter.activity_of_windows(count);
    counter.count(im2col, activity);
    activity.sum_up();
    EngineJob job;
    job.windows = count;
    job.activity = &activity;
    totals_.add(activity);
    job.so_far = &totals_;
    job.window_rows = 3;
    job.im2col = im2col;
    transport_extension(*socket.operator->(), tlm::TLM_WRITE_COMMAND, job);
    return job;
  }

  const WeightImage& image_;
  ActivityTotals totals_;
  PinLevelEngine engine;
  tlm_utils::simple_initiator_socket<Bench, 32, ExtensionProtocol<EngineJob>> socket{"socket"};
};

const sc_core::sc_time kLimit(1, sc_core::SC_MS);

}  // namespace

TEST_CASE("an engine at pin level answers with its sums, cycles and events, and takes no simulated time") {
  const WeightImage image = example();
  test::run<Bench>(
      [](Bench& bench) {
        const sc_core::sc_time before = sc_core::sc_time_stamp();
        const EngineJob job = bench.windows(2);
        CHECK(sc_core::sc_time_stamp() == before);
        CHECK(job.sums == std::vector<std::int32_t>{22, 0});
        // Load 1, fill 40, two activations of 8, six dropped bits; load 1 and eight dropped bits.
        CHECK(job.cycles == std::vector<Cycle>{1 + 40 + 16 + 6, 1 + 8});
        CHECK(bench.engine.work().activations == 2);
        CHECK(bench.engine.work().dropped_activations == 14);
        CHECK(bench.engine.work().events[Event::adc_convert] == 16);
        CHECK(bench.engine.work().events[Event::input_register_write] == 6);
        bench.windows(2);
        CHECK(bench.engine.work().activations == 4);
      },
      kLimit, image, MachineConfig{}, PipelineConfig{});
}

TEST_CASE("an engine at pin level that differs from what is expected is reported once, its answer stands") {
  const WeightImage image = example();
  MachineConfig machine;
  machine.pipeline.skip_cycles = 3;  // as if the pins got it wrong
  const Warnings warnings;
  test::run<Bench>(
      [](Bench& bench) {
        for (int i = 0; i < 2; ++i) {
          CHECK(bench.windows(2).cycles == std::vector<Cycle>{1 + 40 + 16 + 18, 1 + 24});
        }
        REQUIRE(Warnings::texts().size() == 1);
        CHECK_THAT(Warnings::texts()[0], Catch::Contains("bench.pe0") && Catch::Contains("75 cycles in a window, 63"));
      },
      kLimit, image, machine, PipelineConfig{});
}

TEST_CASE("an engine at pin level that counts other events than expected is reported") {
  const WeightImage image = example();
  PipelineConfig expected;
  expected.skip_zero_inputs = false;  // the same cycles for the first window, other events
  MachineConfig machine;
  machine.pipeline.skip_cycles = 8;
  const Warnings warnings;
  test::run<Bench>(
      [](Bench& bench) {
        CHECK(bench.windows(1).cycles == std::vector<Cycle>{1 + 40 + 16 + 48});
        REQUIRE(Warnings::texts().size() == 1);
        CHECK_THAT(Warnings::texts()[0], Catch::Contains("2 events schedule.read in a row, 8 expected"));
      },
      kLimit, image, machine, expected);
}
