#include "platform/waveform.h"
#include "support/error.h"
#include "tests/platform/vcd_reader.h"
#include "tests/sc_test.h"
#include "tests/support/temporary_folder.h"

using namespace reprise;
using test::Edges;

namespace {

const sc_core::sc_time kPeriod(833, sc_core::SC_PS);

struct Bench : sc_core::sc_module {
  WaveRecorder waves;
  WaveRecorder::Signal busy = waves.add({"tile0.pe0.busy", 1, Radix::binary});
  WaveRecorder::Signal fill = waves.add({"conv1.buffer0.fill", 16, Radix::decimal});
  WaveRecorder::Signal window = waves.add({"conv1.window", 32, Radix::decimal});

  SC_HAS_PROCESS(Bench);
  explicit Bench(const WaveRecorder::Config& config, const sc_core::sc_module_name& name = "bench")
      : sc_module(name), waves(config) {
    SC_THREAD(run);
  }
  void run() {
    waves.origin(sc_core::sc_time_stamp());
    waves.change(window, 20, 1);  // far ahead first
    waves.change(window, 10, 7);
    waves.change(busy, 5, 1);
    waves.change(busy, 12, 0);
    waves.change(busy, 12, 1);  // again at once: no edge
    waves.change(busy, 15, 0);
    waves.increase(fill, 8, 3);
    waves.increase(fill, 4, 4);
    waves.increase(fill, 12, -6);
    wait(kPeriod * 6);
    waves.increase(fill, 6, 1);  // now
    waves.change(window, 7, 3);  // before the next that is known
    wait(kPeriod * 94);
    waves.origin(sc_core::sc_time_stamp());  // the second image
    waves.change(busy, 2, 1);
    waves.change(busy, 3, 0);
    wait(kPeriod * 4);
    sc_core::sc_stop();
  }
};

/// What is in the file after the bench has run.
std::map<std::string, Edges> recorded(WaveRecorder::Config config) {
  test::ensure_fresh_kernel();
  const test::TemporaryFolder folder;
  config.file = folder.path() / "waves.vcd";
  config.period = kPeriod;
  Bench bench(config);
  sc_core::sc_start();
  bench.waves.finish();
  return test::read_vcd(config.file, kPeriod.value());
}

}  // namespace

TEST_CASE("a waveform has every change at its time, whatever the order in which they became known") {
  WaveRecorder::Config config;
  config.images = 2;
  const auto waves = recorded(config);
  CHECK(waves.size() == 3);
  CHECK(waves.at("tile0.pe0.busy") == Edges{{5, 1}, {15, 0}, {102, 1}, {103, 0}});
  CHECK(waves.at("conv1.buffer0.fill") == Edges{{4, 4}, {6, 5}, {8, 8}, {12, 2}});
  CHECK(waves.at("conv1.window") == Edges{{7, 3}, {10, 7}, {20, 1}});
}

TEST_CASE("a waveform may be limited to some images") {
  WaveRecorder::Config config;
  CHECK(recorded(config).at("tile0.pe0.busy") == Edges{{5, 1}, {15, 0}});
  config.first_image = 1;
  const auto second = recorded(config);
  CHECK(second.at("tile0.pe0.busy") == Edges{{102, 1}, {103, 0}});
  CHECK(second.at("conv1.window") == Edges{{100, 1}});  // what was there when the image began
}

TEST_CASE("a waveform may be limited to some cycles of each image") {
  WaveRecorder::Config config;
  config.images = 2;
  config.first_cycle = 3;
  config.last_cycle = 7;
  const auto waves = recorded(config);
  CHECK(waves.at("conv1.buffer0.fill") == Edges{{4, 4}, {6, 5}, {103, 2}});  // as it is by then
  CHECK(waves.at("conv1.window") == Edges{{7, 3}, {103, 1}});
  CHECK(waves.at("tile0.pe0.busy") == Edges{{5, 1}, {103, 0}});
  config.images = 1;
  config.first_cycle = 9;
  config.last_cycle = 12;
  const auto later = recorded(config);
  CHECK(later.at("conv1.buffer0.fill") == Edges{{9, 8}, {12, 2}});
  CHECK(later.at("conv1.window") == Edges{{9, 3}, {10, 7}});
  CHECK(later.at("tile0.pe0.busy") == Edges{{9, 1}});
}

TEST_CASE("signals of a waveform are selected by patterns") {
  WaveRecorder::Config config;
  config.signals = {"*.busy", "conv?.window"};
  const auto waves = recorded(config);
  CHECK(waves.size() == 2);
  CHECK(waves.at("conv1.window") == Edges{{7, 3}, {10, 7}, {20, 1}});

  const test::TemporaryFolder folder;
  config.file = folder.path() / "waves.vcd";
  config.signals = {"a.*", "tile*.row_1", "nothing", "b"};
  WaveRecorder recorder(config);
  for (const char* name : {"a.fill", "tile0.pe0.row_0", "tile0.pe0.row_1", "tile0.pe1.row_1"}) {
    recorder.add({name, 1, Radix::binary}, false);
  }
  CHECK(recorder.recorded().size() == 3);
  CHECK_THROWS_WITH(recorder.check_selection(),
                    "trace.signals: no signal is named 'nothing', 'b'; there are a.fill, tile*.pe*.row_*");
}

TEST_CASE("without patterns a waveform has the signals that are in it by default") {
  const test::TemporaryFolder folder;
  WaveRecorder::Config config;
  config.file = folder.path() / "waves.vcd";
  WaveRecorder recorder(config);
  CHECK(recorder.is_recorded(recorder.add({"a.b", 1, Radix::binary}, true)));
  CHECK_FALSE(recorder.is_recorded(recorder.add({"a.c", 1, Radix::binary}, false)));
  CHECK_NOTHROW(recorder.check_selection());
  recorder.finish();
  CHECK(test::read_vcd(config.file, 1) == std::map<std::string, Edges>{{"a.b", {}}});
}

TEST_CASE("text is a number of eight bits a character") {
  CHECK(text_value("") == 0);
  CHECK(text_value("Az") == 0x417A);
  CHECK(text_value("123456789") == text_value("12345678"));
  CHECK(test::text_of(text_value("u17.b3")) == "u17.b3");
}

TEST_CASE("a hundred thousand signals have codes and scopes of their own") {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "waves.vcd";
  VcdFile vcd(file);
  for (int i = 0; i < 100000; ++i) vcd.add("a" + std::to_string(i % 100) + ".b.c" + std::to_string(i), 7);
  vcd.moment(5);
  for (std::size_t i = 0; i < 100000; ++i) vcd.change(i, i % 128);
  vcd.close();
  const auto waves = test::read_vcd(file, 5);
  CHECK(waves.size() == 100000);
  CHECK(waves.at("a99.b.c99999") == Edges{{1, 99999 % 128}});
  CHECK(waves.at("a0.b.c0") == Edges{{1, 0}});
}

TEST_CASE("a change in the past is reported") {
  test::ensure_fresh_kernel();
  const test::TemporaryFolder folder;
  WaveRecorder::Config config;
  config.file = folder.path() / "waves.vcd";
  config.period = kPeriod;
  WaveRecorder waves(config);
  const auto signal = waves.add({"signal", 1, Radix::binary});
  sc_core::sc_start(kPeriod * 5);
  CHECK_THROWS_AS(waves.change(signal, 4, 1), sc_core::sc_report);
  CHECK_NOTHROW(waves.change(signal, 5, 1));
}

TEST_CASE("a waveform that cannot be written is refused") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(VcdFile(folder.path() / "waves.fst"), InputError);
  CHECK_THROWS_AS(VcdFile(folder.path() / "missing" / "waves.vcd"), InputError);
}
