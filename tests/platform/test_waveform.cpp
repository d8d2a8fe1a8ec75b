#include <fstream>
#include <map>
#include <sstream>

#include "platform/waveform.h"
#include "support/error.h"
#include "tests/sc_test.h"
#include "tests/support/temporary_folder.h"

using namespace reprise;

namespace {

const sc_core::sc_time kPeriod(833, sc_core::SC_PS);
using Edges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // cycle, value

using Vcd = std::map<std::string, Edges>;  // by full name, without the values at the start

/// Reads what a viewer would read.
Vcd read_vcd(const std::filesystem::path& file) {
  Vcd vcd;
  std::ifstream in(file);
  std::map<std::string, std::string> names;
  std::vector<std::string> scopes;
  std::uint64_t time = 0;
  bool defined = false;
  bool skipping = false;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "$scope") {
      std::string kind;
      words >> kind >> word;
      scopes.push_back(word);
    } else if (word == "$upscope") {
      scopes.pop_back();
    } else if (word == "$var") {
      std::string kind, width, code, name;
      words >> kind >> width >> code >> name;
      std::string full;
      for (std::size_t i = 1; i < scopes.size(); ++i) full += scopes[i] + '.';  // the first is the kernel's
      names[code] = full + name;
      vcd[full + name];
    } else if (word == "$enddefinitions") {
      defined = true;
    } else if (word == "$dumpvars" || word == "$comment") {
      skipping = true;
    } else if (word == "$end") {
      skipping = false;
    } else if (defined && !skipping && !word.empty() && word[0] == '#') {
      time = std::stoull(word.substr(1));
    } else if (defined && !skipping && !word.empty()) {
      const bool vector = word[0] == 'b';
      std::string code = word.substr(1);
      if (vector) words >> code;
      const std::uint64_t value = std::stoull(vector ? word.substr(1) : word.substr(0, 1), nullptr, 2);
      CHECK(time % kPeriod.value() == 0);
      vcd[names.at(code)].emplace_back(time / kPeriod.value(), value);
    }
  }
  return vcd;
}

struct Bench : sc_core::sc_module {
  WaveRecorder waves;
  WaveRecorder::Signal busy = waves.add_bit("tile0.pe0.busy");
  WaveRecorder::Signal fill = waves.add_number("conv1.buffer0.fill", 16);
  WaveRecorder::Signal window = waves.add_number("conv1.window", 32);

  SC_HAS_PROCESS(Bench);
  explicit Bench(const WaveRecorder::Config& config, const sc_core::sc_module_name& name = "bench")
      : sc_module(name), waves("waves", config) {
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

}  // namespace

TEST_CASE("a waveform has every change at its time, whatever the order in which they became known") {
  test::ensure_fresh_kernel();
  const test::TemporaryFolder folder;
  {
    Bench bench({folder.path() / "waves.vcd", kPeriod, 2});
    sc_core::sc_start();
  }
  const Vcd vcd = read_vcd(folder.path() / "waves.vcd");
  CHECK(vcd.size() == 3);
  CHECK(vcd.at("tile0.pe0.busy") == Edges{{5, 1}, {15, 0}, {102, 1}, {103, 0}});
  CHECK(vcd.at("conv1.buffer0.fill") == Edges{{4, 4}, {6, 5}, {8, 8}, {12, 2}});
  CHECK(vcd.at("conv1.window") == Edges{{7, 3}, {10, 7}, {20, 1}});
}

TEST_CASE("a waveform may be limited to the first images") {
  test::ensure_fresh_kernel();
  const test::TemporaryFolder folder;
  {
    Bench bench({folder.path() / "waves.vcd", kPeriod, 1});
    sc_core::sc_start();
  }
  const Vcd vcd = read_vcd(folder.path() / "waves.vcd");
  CHECK(vcd.at("tile0.pe0.busy") == Edges{{5, 1}, {15, 0}});
}

TEST_CASE("a change in the past is reported") {
  test::ensure_fresh_kernel();
  const test::TemporaryFolder folder;
  WaveRecorder waves("waves", {folder.path() / "waves.vcd", kPeriod, 1});
  const auto signal = waves.add_bit("signal");
  sc_core::sc_start(kPeriod * 5);
  CHECK_THROWS_AS(waves.change(signal, 4, 1), sc_core::sc_report);
  CHECK_NOTHROW(waves.change(signal, 5, 1));
}

TEST_CASE("a waveform that cannot be written is refused") {
  test::ensure_fresh_kernel();
  const test::TemporaryFolder folder;
  const auto make = [](const std::filesystem::path& file) { WaveRecorder("waves", {file, kPeriod, 1}); };
  CHECK_THROWS_AS(make(folder.path() / "waves.fst"), InputError);
  CHECK_THROWS_AS(make(folder.path() / "missing" / "waves.vcd"), InputError);
}
