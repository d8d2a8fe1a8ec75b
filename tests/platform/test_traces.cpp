// What is written down of tiny networks whose every cycle is worked out by hand in test_hand_computed.cpp.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "platform/simulation.h"
#include "platform/wave_view.h"
#include "support/error.h"
#include "tests/platform/tiny_network.h"
#include "tests/platform/vcd_reader.h"
#include "tests/sc_test.h"
#include "tests/support/temporary_folder.h"

using namespace reprise;
using namespace reprise::test;
using nlohmann::json;

namespace {

constexpr double kMegahertz = 1000.0;  // a cycle is a nanosecond
constexpr std::uint64_t kPeriod = 1000;

/// 3 x 3 input, all 1; conv: four windows of two units on tile0.pe0; fc: one window of one unit on tile0.pe1.
WeightImage two_layers() {
  WeightImage image = empty_image({1, 3, 3});
  add_convolution(image, "conv", kNetworkInput, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0}, {2, 2, 2}, kHalf, 0);
  add_convolution(image, "fc", 0, {2, 2, 1, 1, 1, 1, 0, 0, 0, 0}, {1, 1, 1}, kOne, 1);
  return image;
}

/// Four rows of one pixel; every buffer has one row and the second layer is slow.
WeightImage full_buffers() {
  WeightImage image = empty_image({1, 4, 1});
  add_convolution(image, "first", kNetworkInput, {}, {1, 4, 1}, kOne, 0);
  add_convolution(image, "second", 0, {}, {16, 4, 1}, kOne, 1);
  return image;
}

std::string text(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void simulate_traced(const WeightImage& image, MachineConfig machine, const TraceRequest& trace,
                     std::size_t images = 1) {
  renew_kernel();
  machine.clock_mhz = kMegahertz;
  SimulationRequest request{image,
                            machine,
                            images,
                            [&](std::size_t) { return std::vector<std::uint8_t>(image.network.input_shape.size(), 1); },
                            [](std::size_t, const std::vector<std::uint8_t>&) {},
                            trace,
                            nullptr};
  simulate(request);
}

MachineConfig machine_of(Fidelity fidelity) {
  MachineConfig machine;
  machine.fidelity.otherwise = fidelity;
  return machine;
}

/// Relative to the moment of the start register: edges are those of the image's cycles.
std::map<std::string, Edges> waves_of(const WeightImage& image, const MachineConfig& machine,
                                      const std::vector<std::string>& signals, std::uint64_t first_cycle = 0) {
  const TemporaryFolder folder;
  TraceRequest trace;
  trace.waveform = folder.path() / "waves.vcd";
  trace.signals = signals;
  trace.first_cycle = first_cycle;
  simulate_traced(image, machine, trace);
  std::map<std::string, Edges> waves = read_vcd(*trace.waveform, kPeriod);
  // At cycle 0 the layers begin to wait.
  const std::uint64_t origin = first_cycle == 0 ? waves.at("conv.state").front().first : 0;
  for (auto& [name, edges] : waves) {
    for (auto& edge : edges) edge.first -= origin;
  }
  return waves;
}

using Texts = std::vector<std::pair<std::uint64_t, std::string>>;

Texts texts(const Edges& edges) {
  Texts all;
  for (const auto& [cycle, value] : edges) all.emplace_back(cycle, text_of(value));
  return all;
}

/// Its first edges.
Edges first(Edges edges, std::size_t count) {
  edges.resize(std::min(edges.size(), count));
  return edges;
}

json timeline_of(const WeightImage& image, const MachineConfig& machine) {
  const TemporaryFolder folder;
  TraceRequest trace;
  trace.timeline = folder.path() / "timeline.json";
  simulate_traced(image, machine, trace);
  return json::parse(text(*trace.timeline)).at("traceEvents");
}

/// Slices of a thread by their names: begin and end cycle.
std::multimap<std::string, std::pair<int, int>> slices(const json& events, const std::string& process,
                                                       const std::string& thread) {
  std::map<std::string, int> processes;
  std::map<std::pair<int, std::string>, int> threads;
  for (const json& event : events) {
    if (event.at("ph") != "M" || event.at("name") == "process_sort_index") continue;
    const std::string name = event.at("args").at("name");
    if (event.at("name") == "process_name") processes[name] = event.at("pid");
    if (event.at("name") == "thread_name") threads[{event.at("pid"), name}] = event.at("tid");
  }
  const int pid = processes.at(process);
  const int tid = threads.at({pid, thread});
  std::multimap<std::string, std::pair<int, int>> found;
  for (const json& event : events) {
    if (event.at("ph") != "X" || event.at("pid") != pid || event.at("tid") != tid) continue;
    const json& arguments = event.at("args");
    const int begin = arguments.at("begin_cycle");
    const int end = arguments.at("end_cycle");
    CHECK(event.at("dur").get<double>() == Approx((end - begin) / kMegahertz));
    found.insert({event.at("name"), {begin, end}});
  }
  return found;
}

using Slices = std::multimap<std::string, std::pair<int, int>>;

}  // namespace

TEST_CASE("the six stages of an engine, by hand, at both fidelities") {
  // The first window begins at 87: load 1. Input bit 0 is 1 everywhere, the others 0: units 0 and 1 enter FETCH at 88
  // and 96, a step is 8 cycles; seven dropped bits, 104 to 111; five steps to drain. It ends at 151 and, with one
  // cycle of write-back, the next begins at 152.
  for (const Fidelity fidelity : {Fidelity::tlm, Fidelity::rtl}) {
    const auto waves = waves_of(two_layers(), machine_of(fidelity), {"tile0.pe0.*", "conv.state"});
    CHECK(first(waves.at("tile0.pe0.busy"), 3) == Edges{{87, 1}, {151, 0}, {152, 1}});
    CHECK(waves.at("tile0.pe0.window") == Edges{{152, 1}, {217, 2}, {282, 3}});
    CHECK(first(waves.at("tile0.pe0.fetch.busy"), 3) == Edges{{88, 1}, {111, 0}, {153, 1}});
    CHECK(first(waves.at("tile0.pe0.fetch.unit"), 3) == Edges{{96, 1}, {111, 0}, {161, 1}});
    CHECK(first(waves.at("tile0.pe0.scatter.busy"), 2) == Edges{{135, 1}, {151, 0}});
    CHECK(waves.at("tile0.pe0.drive.bit").empty());
    const std::vector<std::pair<const char*, Texts>> stages{{"fetch", {{88, "u0.b0"}, {96, "u1.b0"}, {111, ""}}},
                                                            {"drive", {{96, "u0.b0"}, {111, "u1.b0"}, {119, ""}}},
                                                            {"read", {{111, "u0.b0"}, {119, "u1.b0"}, {127, ""}}},
                                                            {"convert", {{119, "u0.b0"}, {127, "u1.b0"}, {135, ""}}},
                                                            {"shift_add", {{127, "u0.b0"}, {135, "u1.b0"}, {143, ""}}},
                                                            {"scatter", {{135, "u0.b0"}, {143, "u1.b0"}, {151, ""}}}};
    for (const auto& [stage, expected] : stages) {
      INFO(stage);
      CHECK(texts(first(waves.at(std::string("tile0.pe0.") + stage + ".activation"), 3)) == expected);
    }
  }
}

TEST_CASE("the data between the stages of an engine at pin level, by hand") {
  const auto waves = waves_of(two_layers(), machine_of(Fidelity::rtl), {"tile0.pe0.*", "conv.state"});
  // All four rows are on and their cells in column 0 are 1. Unit 0 leaves READ at 119 and CONVERT at 127; unit 1 has
  // the same sums. In SCATTER it names output 0, then output 1.
  CHECK(first(waves.at("tile0.pe0.wordline_3"), 2) == Edges{{111, 1}, {127, 0}});
  CHECK(waves.at("tile0.pe0.wordline_4").empty());
  CHECK(waves.at("tile0.pe0.held_0") == Edges{{119, 4}});
  CHECK(waves.at("tile0.pe0.code_0") == Edges{{127, 4}});
  CHECK(waves.at("tile0.pe0.code_1").empty());
  CHECK(waves.at("tile0.pe0.partial_0") == Edges{{135, 4}});
  CHECK(first(waves.at("tile0.pe0.request_0.output"), 2) == Edges{{143, 1}, {144, 0}});
  CHECK(first(waves.at("tile0.pe0.drop"), 2) == Edges{{103, 1}, {110, 0}});
}

TEST_CASE("layers and buffers in the waveform, by hand") {
  const auto waves = waves_of(two_layers(), machine_of(Fidelity::tlm), {"conv.*", "fc.*", "output.*"});
  CHECK(texts(waves.at("conv.state")) == Texts{{0, "waiting"}, {87, "busy"}, {347, "done"}});
  CHECK(texts(waves.at("fc.state")) == Texts{{0, "waiting"}, {352, "busy"}, {409, "done"}});
  CHECK(waves.at("conv.window") == Edges{{152, 1}, {217, 2}, {282, 3}});
  // Input rows arrive at 46, 87 and 128; row 0 goes when output row 0 is through at 217, the others at 347.
  CHECK(waves.at("conv.buffer0.fill") == Edges{{46, 3}, {87, 6}, {128, 9}, {217, 6}, {347, 0}});
  CHECK(waves.at("fc.buffer0.fill") == Edges{{157, 1}, {222, 2}, {287, 3}, {352, 4}, {409, 0}});
  CHECK(waves.at("output.buffer0.fill") == Edges{{414, 1}, {455, 0}});  // and written
}

TEST_CASE("by default a waveform shows the stages of engines at pin level only") {
  MachineConfig machine;
  machine.fidelity.rtl = {"fc"};
  const auto waves = waves_of(two_layers(), machine, {});
  CHECK(waves.count("tile0.pe0.busy") == 1);
  CHECK(waves.count("tile0.pe0.fetch.busy") == 0);
  CHECK(waves.count("tile0.pe1.fetch.busy") == 1);
  CHECK(waves.count("tile0.pe1.code_7") == 1);
}

TEST_CASE("the stages of a later image are as those of the first, and of no other") {
  for (const Fidelity fidelity : {Fidelity::tlm, Fidelity::rtl}) {
    const TemporaryFolder folder;
    TraceRequest trace;
    trace.waveform = folder.path() / "waves.vcd";
    trace.signals = {"tile0.pe0.fetch.*", "conv.state"};
    trace.first_image = 1;
    simulate_traced(two_layers(), machine_of(fidelity), trace, 3);
    auto waves = read_vcd(*trace.waveform, kPeriod);
    const std::uint64_t origin = waves.at("conv.state").front().first;  // "done" of the image before is over
    CHECK(texts(waves.at("conv.state")).front().second == "waiting");
    const Edges& fetch = waves.at("tile0.pe0.fetch.busy");
    REQUIRE(fetch.size() == 8);  // four windows of one image
    CHECK(fetch[0] == Edges::value_type{origin + 88, 1});
    CHECK(fetch[7] == Edges::value_type{origin + 282 + 24, 0});
  }
}

TEST_CASE("a pattern that selects no signal ends the run before it begins") {
  TraceRequest trace;
  const TemporaryFolder folder;
  trace.waveform = folder.path() / "waves.vcd";
  trace.signals = {"conv.state", "tile9.*"};
  CHECK_THROWS_WITH(simulate_traced(two_layers(), {}, trace),
                    Catch::Contains("no signal is named 'tile9.*'; there are conv.buffer0.fill, conv.state") &&
                        Catch::Contains("tile*.pe*.fetch.activation"));
}

TEST_CASE("the save file shows every signal of the waveform once, in groups, stages first") {
  const TemporaryFolder folder;
  TraceRequest trace;
  trace.waveform = folder.path() / "waves.vcd";
  trace.view = folder.path() / "waves.gtkw";
  trace.shown_file = "waves.vcd";
  simulate_traced(two_layers(), machine_of(Fidelity::rtl), trace);
  std::set<std::string> in_waves;
  for (const auto& [name, edges] : read_vcd(*trace.waveform, kPeriod)) in_waves.insert(name);
  const std::string view = text(*trace.view);
  std::set<std::string> in_view;
  static const std::regex line("\n(?:\\+\\{[A-Z_]+\\} )?accelerator\\.([^\\[\n]*)");
  for (std::sregex_iterator match(view.begin(), view.end(), line), end; match != end; ++match) {
    CHECK(in_view.insert((*match)[1]).second);
  }
  CHECK(in_view == in_waves);
  CHECK_THAT(view, Catch::Contains("[dumpfile] \"waves.vcd\"\n"));
  // It opens six cycles before the first activation enters FETCH.
  const Edges fetch = read_vcd(*trace.waveform, kPeriod).at("tile0.pe0.fetch.busy");
  CHECK_THAT(view,
             Catch::Contains("\n[timestart] " + std::to_string((fetch.front().first - 6) * kPeriod) + "\n*-14.4"));
  // Begin of an open group, one bit in green, a decimal number in blue, text in red; the pins in a closed group.
  CHECK_THAT(view,
             Catch::Contains("\n@800200\n-tile0.pe0 conv\n@28\n[color] 4\naccelerator.tile0.pe0.busy\n@24\n[color] "
                             "5\naccelerator.tile0.pe0.window[31:0]\n@820\n[color] "
                             "1\n+{FETCH} accelerator.tile0.pe0.fetch.activation[63:0]\n"));
  CHECK_THAT(view, Catch::Contains("\n@c00200\n-tile0.pe0 pins\n"));
  CHECK_THAT(view, Catch::Contains("\n@424\naccelerator.tile0.pe0.partial_0[31:0]\n"));
  CHECK_THAT(view, Catch::Contains("\n@1400200\n-tile0.pe0 pins\n@1000200\n-tile0.pe0 conv\n"));
  CHECK_THAT(view, Catch::Contains("\n@800200\n-conv\n@820\n[color] 3\naccelerator.conv.state[63:0]\n"));
}

TEST_CASE("the timeline of layers, engines and DMA, by hand") {
  const json events = timeline_of(two_layers(), {});
  CHECK(slices(events, "DMA", "input") == Slices{{"read", {0, 41}}, {"read", {41, 82}}, {"read", {82, 123}}});
  CHECK(slices(events, "DMA", "output") == Slices{{"write", {414, 455}}});
  CHECK(slices(events, "tile0", "conv") == Slices{{"waits for input", {0, 87}}, {"windows 0-3", {87, 347}}});
  CHECK(slices(events, "tile0", "fc") == Slices{{"waits for input", {0, 352}}, {"window 0", {352, 409}}});
  CHECK(slices(events, "tile0", "pe0") == Slices{{"windows 0-3", {87, 346}}});
  CHECK(slices(events, "tile0", "pe1") == Slices{{"window 0", {352, 408}}});
  for (const json& event : events) {
    if (event.at("name") == "windows 0-3" && event["args"].contains("layer")) {
      CHECK(event.at("args").at("layer") == "conv");
      CHECK(event.at("args").at("busy_cycles") == 260);
    }
  }
}

TEST_CASE("the timeline of layers in lock step, by hand") {
  MachineConfig machine;
  machine.execution = Execution::synchronous;
  const json events = timeline_of(two_layers(), machine);
  // Input rows in steps 0, 1, 2 arrive at 46, 92, 138; conv's rows in steps 2 and 3 at 227 and 362.
  CHECK(slices(events, "DMA", "input") == Slices{{"read", {0, 41}}, {"read", {46, 87}}, {"read", {92, 133}}});
  CHECK(slices(events, "tile0", "conv") == Slices{{"waits for input", {0, 92}},
                                                  {"waits for its turn", {222, 227}},
                                                  {"windows 0-1", {92, 222}},
                                                  {"windows 2-3", {227, 357}}});
  CHECK(slices(events, "tile0", "fc") == Slices{{"waits for input", {0, 362}}, {"window 0", {362, 419}}});
}

TEST_CASE("the copies of a layer in timeline and waveform, by hand, at both fidelities") {
  // Windows 0 and 1 from 87 to 152, 2 and 3, whose row arrives at 128, from 152 to 217.
  for (const Fidelity fidelity : {Fidelity::tlm, Fidelity::rtl}) {
    MachineConfig machine = machine_of(fidelity);
    machine.replication.kind = ReplicationKind::given_explicitly;
    machine.replication.copies["conv"] = 2;
    const json events = timeline_of(two_layers(), machine);
    CHECK(slices(events, "tile0", "conv") == Slices{{"waits for input", {0, 87}}, {"windows 0-3", {87, 217}}});
    CHECK(slices(events, "tile0", "pe0") == Slices{{"windows 0-2", {87, 216}}});
    CHECK(slices(events, "tile0", "pe2") == Slices{{"windows 1-3", {87, 216}}});
    const auto waves = waves_of(two_layers(), machine, {"tile0.pe2.*", "conv.state"});
    CHECK(waves.at("tile0.pe2.busy") == Edges{{87, 1}, {151, 0}, {152, 1}, {216, 0}});
    CHECK(waves.at("tile0.pe2.window") == Edges{{87, 1}, {152, 3}});
    CHECK(first(waves.at("tile0.pe2.fetch.busy"), 3) == Edges{{88, 1}, {111, 0}, {153, 1}});
  }
}

TEST_CASE("the timeline says what a layer waits for, and how full its buffer is") {
  MachineConfig machine;
  machine.buffer_rows = 1;
  const json events = timeline_of(full_buffers(), machine);
  CHECK(slices(events, "tile0", "first") == Slices{{"window 0", {46, 103}},
                                                   {"window 1", {285, 342}},
                                                   {"window 2", {524, 581}},
                                                   {"window 3", {763, 820}},
                                                   {"waits for input", {0, 46}},
                                                   {"waits for input", {103, 149}},
                                                   {"waits for input", {342, 388}},
                                                   {"waits for input", {581, 627}},
                                                   {"waits for credit", {149, 285}},
                                                   {"waits for credit", {388, 524}},
                                                   {"waits for credit", {627, 763}}});
  std::vector<std::pair<double, int>> fill;
  double origin = 0.0;
  for (const json& event : events) {
    if (event.at("name") == "waits for input" && event["args"]["begin_cycle"] == 0) origin = event.at("ts");
    if (event.at("ph") == "C" && event.at("name") == "second.buffer0")
      fill.emplace_back(event.at("ts"), event["args"]["pixels"]);
  }
  REQUIRE(fill.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(fill[i].second == (i % 2 == 0 ? 1 : 0));
  CHECK(fill[0].first - origin == Approx(108 / kMegahertz));
  CHECK(fill[1].first - origin == Approx(285 / kMegahertz));
}
