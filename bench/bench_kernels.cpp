// How fast the parts of a simulation are: products, converters that lose something, counting of input bits, and the
// kernel's own events. REPRISE_INSTRUCTION_SET and ONEDNN_MAX_CPU_ISA say what processor it shall be.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <systemc>

#include "bench/sample_layer.h"
#include "support/aligned_vector.h"
#include "tlm/activity_counter.h"
#include "tlm/conversion_kernel.h"
#include "tlm/converter.h"
#include "tlm/effective_weights.h"
#include "tlm/integer_product.h"

namespace {

using namespace reprise;

constexpr int kWindows = 28;  ///< of an output row

/// Of an output row; half of the bytes are zero, as after a ReLU.
std::vector<std::uint8_t> windows() {
  std::mt19937 random(2);
  std::uniform_int_distribution<int> value(-128, 127);
  std::vector<std::uint8_t> bytes(std::size_t{kWindows} * 128 * 9);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(std::max(0, value(random)));
  return bytes;
}

std::vector<std::uint32_t> positions(const WeightImage& image) {
  const auto& convolution = std::get<ConvolutionLayer>(image.network.layers[0].operation);
  std::vector<std::uint32_t> all;
  for (std::uint32_t row = 0; row < 128 * 9; ++row) {
    all.push_back(static_cast<std::uint32_t>(gathered_position(row, convolution, 128)));
  }
  return all;
}

/// Such that a row group is not a channel.
std::vector<std::uint32_t> scattered_positions(const WeightImage& image) {
  std::vector<std::uint32_t> all = positions(image);
  std::rotate(all.begin(), all.begin() + 1, all.end());
  return all;
}

/// Multiply-accumulates of an output row, or as many operation units of nine rows times eight columns x 9 / 8.
constexpr double kMacs = double{kWindows} * 128 * 9 * 128;

void rate(benchmark::State& state, const char* name, double work) {
  state.counters[name] =
      benchmark::Counter(static_cast<double>(state.iterations()) * work, benchmark::Counter::kIsRate);
}

void products(benchmark::State& state) {
  const std::vector<std::int8_t> weights(128 * 9 * 128, 3);
  const IntegerProduct product({kWindows, 128 * 9, 128}, {128 * 9, 128}, weights.data());
  const std::vector<std::uint8_t> input = windows();
  AlignedVector<std::int32_t> sums(std::size_t{kWindows} * 128);
  for (auto _ : state) product.multiply(input.data(), sums.data());
  rate(state, "MACs", kMacs);
}
BENCHMARK(products);

void conversions(benchmark::State& state, const AdcConfig& adc, EngineKind engine, ConversionMethod method) {
  const WeightImage image = sample_layer(128, 128, kWindows, engine);
  const std::vector<std::uint32_t> at = positions(image);
  const auto kernel = make_conversion_kernel({image, image.mappings[0], at, adc, 1, true, {}}, method);
  const std::vector<std::uint8_t> input = windows();
  const std::vector<std::uint64_t> keys(kWindows, 1);
  AlignedVector<std::int32_t> sums(std::size_t{kWindows} * 128);
  const WindowRow row{input.data(), kWindows, 128 * 9, adc.noise ? keys.data() : nullptr};
  for (auto _ : state) kernel->add(row, sums.data());
  rate(state, "units", kMacs / 9 * 8);
}

AdcConfig bent() {
  AdcConfig adc{AdcKind::transfer, 4};
  adc.inl = std::vector<double>{4.0};
  return adc;
}

AdcConfig noisy() {
  AdcConfig adc;
  adc.noise = AdcNoiseConfig{0.3, 1};
  return adc;
}

const AdcConfig kClamping{AdcKind::linear, 3};
constexpr auto kDense = EngineKind::dense;
BENCHMARK_CAPTURE(conversions, clamping, kClamping, kDense, ConversionMethod::automatic);
BENCHMARK_CAPTURE(conversions, bent, bent(), kDense, ConversionMethod::automatic);
BENCHMARK_CAPTURE(conversions, noisy, noisy(), kDense, ConversionMethod::automatic);
BENCHMARK_CAPTURE(conversions, bent_wpr, bent(), EngineKind::wpr, ConversionMethod::automatic);
BENCHMARK_CAPTURE(conversions, plain, bent(), kDense, ConversionMethod::plain)->Unit(benchmark::kMillisecond);

/// @param at  positions of rows in a window
void counting(benchmark::State& state, std::vector<std::uint32_t> (*at)(const WeightImage&)) {
  const WeightImage image = sample_layer(128, 128, kWindows, kDense);
  ActivityCounter counter(image.mappings[0], image.geometry, at(image));
  InputActivity activity = counter.activity_of_windows(kWindows);
  const std::vector<std::uint8_t> input = windows();
  for (auto _ : state) {
    counter.count(input.data(), activity);
    activity.sum_up();
  }
  rate(state, "bytes", double{kWindows} * 128 * 9);
}
BENCHMARK_CAPTURE(counting, channels, positions);
BENCHMARK_CAPTURE(counting, scattered, scattered_positions);

/// A thread that waits for a timed event, over and over.
struct Waiter : sc_core::sc_module {
  SC_HAS_PROCESS(Waiter);
  explicit Waiter(const sc_core::sc_module_name& name) : sc_module(name) { SC_THREAD(run); }
  void run() {
    while (true) wait(sc_core::sc_time(1, sc_core::SC_NS));
  }
};

void kernel_wakeups(benchmark::State& state) {
  static Waiter waiter("waiter");
  for (auto _ : state) sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_US));
  rate(state, "wake-ups", 1000);
}
BENCHMARK(kernel_wakeups);

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
