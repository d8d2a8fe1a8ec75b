// How fast the models simulate: cycles of a processing engine at pin level and whole images at transaction level,
// without and with tracing.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <systemc>

#include "bench/sample_layer.h"
#include "platform/simulation.h"

namespace {

using namespace reprise;

/// SystemC elaborates once a kernel.
void renew_kernel() {
  static std::unique_ptr<sc_core::sc_simcontext> kernel;
  auto fresh = std::make_unique<sc_core::sc_simcontext>();
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext = fresh.get();
  kernel = std::move(fresh);
}

/// Half of the inputs are zero, as after a ReLU.
std::vector<std::uint8_t> input_of(const Shape& shape) {
  std::mt19937 random(2);
  std::uniform_int_distribution<int> value(-128, 127);
  std::vector<std::uint8_t> input(shape.size());
  for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(std::max(0, value(random)));
  return input;
}

SimulationStatistics run(const WeightImage& image, Fidelity fidelity, std::size_t images, const TraceRequest& trace) {
  renew_kernel();
  MachineConfig machine;
  machine.fidelity.otherwise = fidelity;
  const std::vector<std::uint8_t> input = input_of(image.network.input_shape);
  SimulationRequest request{
      image, machine, images, [&](std::size_t) { return input; }, [](std::size_t, const std::vector<std::uint8_t>&) {},
      trace, nullptr};
  return simulate(request);
}

void pin_level_engine(benchmark::State& state) {
  const WeightImage image = sample_layer(16, 32, 4, EngineKind::dense);
  std::uint64_t cycles = 0;
  for (auto _ : state) cycles += run(image, Fidelity::rtl, 1, {}).layers[0].activity.busy_cycles;
  state.counters["engine cycles"] = benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
}
BENCHMARK(pin_level_engine)->Unit(benchmark::kMillisecond);

void transaction_level(benchmark::State& state, bool traced) {
  const WeightImage image = sample_layer(16, 32, 32, EngineKind::dense);
  constexpr std::size_t kImages = 20;
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("bench-" + std::to_string(getpid()) + ".vcd");
  TraceRequest trace;
  trace.images = kImages;
  if (traced) trace.waveform = file;
  for (auto _ : state) run(image, Fidelity::tlm, kImages, trace);
  state.counters["images"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kImages, benchmark::Counter::kIsRate);
  std::filesystem::remove(file);
}
BENCHMARK_CAPTURE(transaction_level, untraced, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(transaction_level, traced, true)->Unit(benchmark::kMillisecond);

}  // namespace

int sc_main(int argc, char* argv[]) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char* argv[]) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
  return sc_core::sc_elab_and_sim(argc, argv);
}
