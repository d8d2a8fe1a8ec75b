#include "tests/platform/equivalence_case.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <systemc>
#include <tuple>

#include "compression/image/image_file.h"
#include "compression/mapping/mapper.h"
#include "compression/network/integer_reference.h"
#include "platform/platform_config.h"
#include "platform/simulation.h"
#include "support/error.h"
#include "tests/mapping/random_compression.h"
#include "tests/platform/pin_level_layer.h"
#include "tests/sc_test.h"
#include "tlm/buffer_depths.h"
#include "tlm/floorplan.h"
#include "tlm/stage_timeline.h"

namespace reprise::test {
namespace {

using P = CaseParameters;

struct Knob {
  const char* name;
  int P::*member;
  int least;
};

/// In the order in which it helps to make them small.
const std::vector<Knob> kKnobs{{"images", &P::images, 1},
                               {"in_flight", &P::in_flight, 1},
                               {"balanced", &P::balanced, 0},
                               {"copies", &P::copies, 1},
                               {"execution", &P::execution, 0},
                               {"consumer", &P::consumer, 0},
                               {"groups", &P::groups, 1},
                               {"channels", &P::channels, 1},
                               {"outputs", &P::outputs, 1},
                               {"height", &P::height, 1},
                               {"width", &P::width, 1},
                               {"kernel_height", &P::kernel_height, 1},
                               {"kernel_width", &P::kernel_width, 1},
                               {"stride_height", &P::stride_height, 1},
                               {"stride_width", &P::stride_width, 1},
                               {"dilation_height", &P::dilation_height, 1},
                               {"dilation_width", &P::dilation_width, 1},
                               {"pad_top", &P::pad_top, 0},
                               {"pad_left", &P::pad_left, 0},
                               {"pad_bottom", &P::pad_bottom, 0},
                               {"pad_right", &P::pad_right, 0},
                               {"zero_point", &P::zero_point, 0},
                               {"leaky", &P::leaky, 0},
                               {"block_rows", &P::block_rows, 0},
                               {"least_sum", &P::least_sum, 0},
                               {"planes", &P::planes, 1},
                               {"compressed", &P::compressed, 0},
                               {"repeated_outputs", &P::repeated_outputs, 0},
                               {"zero_weights", &P::zero_weights, 0},
                               {"largest_weight", &P::largest_weight, 1},
                               {"zero_inputs", &P::zero_inputs, 0},
                               {"input_mask", &P::input_mask, 1},
                               {"seed", &P::seed, 1},
                               {"engine", &P::engine, 0},
                               {"granularity", &P::granularity, 0},
                               {"encoding", &P::encoding, 0},
                               {"unit_rows", &P::unit_rows, 1},
                               {"unit_columns", &P::unit_columns, 1},
                               {"group_units", &P::group_units, 1},
                               {"engine_budget", &P::engine_budget, 0},
                               {"crossbar_rows", &P::crossbar_rows, 1},
                               {"crossbar_columns", &P::crossbar_columns, 1},
                               {"crossbars", &P::crossbars, 1},
                               {"engines_per_tile", &P::engines_per_tile, 1},
                               {"ideal_adc", &P::ideal_adc, 0},
                               {"adc_bits", &P::adc_bits, 1},
                               {"transfer", &P::transfer, 0},
                               {"values", &P::values, 0},
                               {"offsets", &P::offsets, 0},
                               {"noise", &P::noise, 0},
                               {"first_image", &P::first_image, 0},
                               {"fetch", &P::fetch, 1},
                               {"drive", &P::drive, 1},
                               {"read", &P::read, 1},
                               {"adcs", &P::adcs, 1},
                               {"convert", &P::convert, 1},
                               {"shift_add", &P::shift_add, 1},
                               {"scatter_ports", &P::scatter_ports, 1},
                               {"skips", &P::skips, 0},
                               {"skip_cycles", &P::skip_cycles, 0},
                               {"input_bytes", &P::input_bytes, 1},
                               {"filter_cycles", &P::filter_cycles, 0},
                               {"merge_cycles", &P::merge_cycles, 0},
                               {"output_lanes", &P::output_lanes, 1},
                               {"vector_lanes", &P::vector_lanes, 1},
                               {"router_cycles", &P::router_cycles, 0},
                               {"contended", &P::contended, 0},
                               {"places", &P::places, 1},
                               {"link_bytes", &P::link_bytes, 1},
                               {"extra_rows", &P::extra_rows, 0},
                               {"memory_cycles", &P::memory_cycles, 0},
                               {"bus_bytes", &P::bus_bytes, 1}};

constexpr int kShortSteps = 64;
constexpr std::uint64_t kMostCycles = 30'000;  ///< of an engine's activations, at pin level

using Random = std::mt19937;

int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

bool chance(Random& random, int percent) {
  return draw(random, 1, 100) <= percent;
}

P drawn(Random& random) {
  const auto pick = [&](int low, int high) { return draw(random, low, high); };
  const auto rarely = [&](int percent, int otherwise, int low, int high) {
    return chance(random, percent) ? pick(low, high) : otherwise;
  };
  P p;
  p.groups = rarely(30, 1, 2, 4);
  p.channels = pick(1, p.groups > 1 ? 3 : 6);
  p.outputs = pick(1, p.groups > 1 ? 3 : 12);
  p.height = pick(1, 6);
  p.width = pick(1, 6);
  p.kernel_height = pick(1, 3);
  p.kernel_width = pick(1, 3);
  if (chance(random, 15)) {
    p.kernel_height = p.height;
    p.kernel_width = p.width;
  }
  p.stride_height = rarely(40, 1, 1, 3);
  p.stride_width = rarely(40, 1, 1, 3);
  p.dilation_height = rarely(15, 1, 1, 2);
  p.dilation_width = rarely(15, 1, 1, 2);
  for (int P::*pad : {&P::pad_top, &P::pad_left, &P::pad_bottom, &P::pad_right}) p.*pad = rarely(30, 0, 1, 2);
  p.zero_point = rarely(50, 0, 1, 255);
  p.leaky = rarely(25, 0, 1, 1);
  if (p.zero_point == 0 && chance(random, 60)) {
    p.block_rows = pick(1, 12);
    p.least_sum = rarely(70, 0, 1, 900);
    p.planes = pick(1, 8);
  }
  p.seed = pick(1, 1 << 30);
  p.largest_weight = std::vector<int>{1, 3, 20, 127}[static_cast<std::size_t>(pick(0, 3))];
  p.zero_weights = pick(0, 80);
  p.repeated_outputs = rarely(50, 0, 20, 90);
  p.compressed = pick(0, 1);
  p.zero_inputs = pick(0, 80);
  p.input_mask = chance(random, 30) ? 255 : pick(1, 255);
  p.images = pick(1, 3);
  p.consumer = pick(0, 4);
  p.engine = pick(0, 5);
  p.granularity = pick(0, 1);
  p.encoding = pick(0, 1);
  p.unit_rows = pick(1, 20);
  p.unit_columns = pick(1, 18);
  p.group_units = rarely(40, 1, 2, 4);
  p.engine_budget = rarely(30, 0, 100, 250);
  p.crossbar_rows = p.unit_rows * pick(p.group_units, 4) + pick(0, 3);
  p.crossbar_columns = p.unit_columns * pick(1, 4) + pick(0, 3);
  p.crossbars = pick(1, 4);
  p.engines_per_tile = pick(1, 4);
  p.ideal_adc = rarely(10, 0, 1, 1);
  p.adc_bits = chance(random, 25) ? 5 : pick(1, 5);
  p.fetch = pick(1, 5);
  p.drive = pick(1, 5);
  p.read = pick(1, 5);
  p.adcs = pick(1, 9);
  p.convert = pick(1, 2);
  p.shift_add = pick(1, 6);
  p.scatter_ports = pick(1, 6);
  p.skips = rarely(25, 1, 0, 0);
  p.skip_cycles = pick(0, 3);
  p.input_bytes = pick(1, 40);
  p.filter_cycles = pick(0, 4);
  p.merge_cycles = pick(0, 4);
  p.output_lanes = pick(1, 20);
  p.vector_lanes = pick(1, 8);
  p.router_cycles = pick(0, 6);
  p.link_bytes = pick(1, 12);
  p.extra_rows = pick(0, 3);
  p.memory_cycles = pick(0, 60);
  p.bus_bytes = pick(1, 16);
  p.execution = rarely(35, 0, 1, 2);
  p.in_flight = p.execution == 0 ? pick(1, 3) : 1;
  p.copies = rarely(40, 1, 2, 4);
  p.balanced = p.copies > 1 ? rarely(25, 0, 1, 1) : 0;
  p.contended = rarely(35, 0, 1, 1);
  if (p.contended != 0) {
    p.router_cycles = pick(1, 6);
    p.places = pick(1, 4);
  }
  if (p.ideal_adc == 0) p.transfer = rarely(25, 0, 1, 2);
  if (p.ideal_adc == 0) p.values = rarely(15, 0, 1, 1);
  p.offsets = rarely(25, 0, 1, 2);
  p.noise = rarely(25, 0, 1, 20);
  p.first_image = rarely(30, 0, 1, 1000);
  return p;
}

/// Outputs along one axis; below 1 where the kernel does not fit.
int outputs_along(int size, int kernel, int stride, int dilation, int before, int after) {
  const int room = size + before + after - (kernel - 1) * dilation - 1;
  return room < 0 ? 0 : room / stride + 1;
}

/// Brings sums of about this magnitude to the range of 8 bits.
FixedPoint factor_for(Random& random, double magnitude) {
  const double factor = draw(random, 40, 300) / std::max(magnitude, 1.0);
  const int shift = std::clamp(30 - std::ilogb(factor), 1, 62);
  return {static_cast<std::int32_t>(std::ldexp(factor, shift)), shift};
}

std::vector<std::int8_t> weights_of(Random& random, const P& p, std::size_t outputs, std::size_t rows) {
  std::vector<std::int8_t> weights;
  for (std::size_t o = 0; o < outputs; ++o) {
    const bool repeats = o > 0 && chance(random, p.repeated_outputs);
    for (std::size_t row = 0; row < rows; ++row) {
      const int fresh = chance(random, p.zero_weights) ? 0 : draw(random, -p.largest_weight, p.largest_weight);
      weights.push_back(repeats ? weights[(o - 1) * rows + row] : static_cast<std::int8_t>(fresh));
    }
  }
  return weights;
}

void add_convolution(Random& random, const P& p, QuantisedNetwork& network, const SlidingWindow& window, int groups,
                     const Shape& shape, const std::string& name) {
  NetworkDescription& net = network.description;
  const int from = static_cast<int>(net.layers.size()) - 1;
  const int rows = net.shape_of(from).channels / groups * window.area();
  ConvolutionLayer convolution;
  convolution.window = window;
  convolution.groups = groups;
  const double magnitude = 30.0 * p.largest_weight * std::sqrt(rows);
  for (int o = 0; o < shape.channels; ++o) {
    convolution.bias.push_back(draw(random, -500, 500));
    convolution.requantisation.push_back(factor_for(random, magnitude));
    if (p.leaky != 0) convolution.negative_requantisation.push_back(factor_for(random, 4 * magnitude));
  }
  if (p.block_rows > 0 && net.quantisation_of(from).zero_point == 0) {
    convolution.filter = InputFilter{p.block_rows, p.least_sum, p.planes};
  }
  network.weights.push_back(
      weights_of(random, p, static_cast<std::size_t>(shape.channels), static_cast<std::size_t>(rows)));
  net.layers.push_back({name, convolution, {from}, shape, {1.0, draw(random, 0, 1) * draw(random, 0, 255)}, 0, 255});
}

void add_consumer(Random& random, const P& p, QuantisedNetwork& network) {
  NetworkDescription& net = network.description;
  const Shape input = net.shape_of(0);
  const Quantisation quantisation = net.quantisation_of(0);
  SlidingWindow window;
  window.kernel_height = std::min(2, input.height);
  window.kernel_width = std::min(2, input.width);
  const Shape pooled{input.channels, input.height - window.kernel_height + 1, input.width - window.kernel_width + 1};
  Layer layer;
  layer.name = "consumer";
  layer.inputs = {0};
  layer.quantisation = quantisation;
  layer.shape = pooled;
  if (p.consumer == 1) layer.operation = MaxPoolLayer{window};
  if (p.consumer == 2) {
    AveragePoolLayer pool{window, false, {}};
    for (int n = 1; n <= window.area(); ++n) pool.requantisation.push_back(factor_for(random, 150.0 * n));
    layer.operation = pool;
  }
  if (p.consumer == 3) return add_convolution(random, p, network, {}, 1, {2, input.height, input.width}, "consumer");
  if (p.consumer == 4) {
    ElementwiseLayer scaling;
    scaling.shift = 4;
    scaling.offset.assign(static_cast<std::size_t>(input.channels), 3);
    scaling.multipliers = {std::vector<std::int32_t>(static_cast<std::size_t>(input.channels), 13)};
    layer.operation = scaling;
    layer.shape = input;
  }
  network.weights.emplace_back();
  net.layers.push_back(layer);
}

std::optional<QuantisedNetwork> network_of(Random& random, const P& p) {
  const int rows =
      outputs_along(p.height, p.kernel_height, p.stride_height, p.dilation_height, p.pad_top, p.pad_bottom);
  const int columns = outputs_along(p.width, p.kernel_width, p.stride_width, p.dilation_width, p.pad_left, p.pad_right);
  if (rows < 1 || columns < 1) return std::nullopt;
  QuantisedNetwork network;
  NetworkDescription& net = network.description;
  net.name = "case";
  net.input_shape = {p.groups * p.channels, p.height, p.width};
  net.input_quantisation = {1.0, p.zero_point};
  // A byte of an image then is the stored value.
  net.preprocessing.mean = {static_cast<double>(p.zero_point)};
  net.preprocessing.standard_deviation = {1.0};
  add_convolution(random, p, network,
                  {p.kernel_height, p.kernel_width, p.stride_height, p.stride_width, p.dilation_height,
                   p.dilation_width, p.pad_top, p.pad_left, p.pad_bottom, p.pad_right},
                  p.groups, {p.groups * p.outputs, rows, columns}, "layer");
  if (p.consumer != 0) add_consumer(random, p, network);
  if (p.compressed != 0) compress_at_random(random, network);
  return network;
}

MappingConfig mapping_of(const P& p) {
  MappingConfig config;
  config.engine = kEngineKinds[static_cast<std::size_t>(p.engine)];
  config.granularity = p.granularity == 0 ? Granularity::kernel : Granularity::bit_column;
  config.encoding = p.encoding == 0 ? Encoding::twos_complement : Encoding::differential;
  config.hardware.operation_unit = {p.unit_rows, p.unit_columns,
                                    std::min(p.group_units, p.crossbar_rows / p.unit_rows) * p.unit_rows};
  if (p.engine_budget > 0) config.engine_budget = p.engine_budget;
  config.hardware.crossbar = {p.crossbar_rows, p.crossbar_columns};
  config.hardware.engine.crossbars = p.crossbars;
  config.hardware.tile.engines = p.engines_per_tile;
  config.hardware.mesh = {16, 16};
  return config;
}

/// Of the case's layer, or of what takes longest with as many engines more.
ReplicationConfig replication_of(const P& p, const WeightImage& image) {
  ReplicationConfig replication;
  if (p.copies == 1) return replication;
  const auto windows = static_cast<int>(image.network.layers.front().shape.pixels());
  replication.kind = p.balanced != 0 ? ReplicationKind::balanced : ReplicationKind::given_explicitly;
  std::size_t engines = 0;
  for (const LayerMapping& mapping : image.mappings) engines += mapping.engines.size();
  if (p.balanced != 0) replication.engines = static_cast<int>(engines * static_cast<std::size_t>(p.copies)) + 1;
  if (p.balanced == 0 && !image.mappings.front().engines.empty()) {
    replication.copies["layer"] = std::min(p.copies, windows);
  }
  return replication;
}

/// Curves, values and offsets that differ from case to case.
AdcConfig adc_of(const P& p) {
  Random random(static_cast<unsigned>(p.seed));
  const auto number = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  AdcConfig adc{p.ideal_adc != 0 ? AdcKind::ideal : AdcKind::linear, p.adc_bits};
  if (p.transfer != 0) adc.kind = AdcKind::transfer;
  if (p.transfer == 1) {
    adc.gain = number(0.2, 2.0);
    adc.offset = number(-1.0, 1.0);
    adc.inl = std::vector<double>{number(-4.0, 4.0), number(-4.0, 4.0)};
  }
  if (p.transfer == 2) {
    adc.curve.emplace();
    for (int i = draw(random, 2, 12); i > 0; --i) adc.curve->push_back(number(-2.0, 20.0));
  }
  if (p.values != 0) {
    adc.values.emplace();
    for (int code = 0; code < 1 << p.adc_bits; ++code) adc.values->push_back(draw(random, 0, 300));
  }
  if (p.offsets == 1) adc.offsets = AdcOffsetConfig{std::vector<double>{0.75, number(-2.0, 2.0), -0.5}, {}, 1};
  if (p.offsets == 2) adc.offsets = AdcOffsetConfig{{}, 0.8, static_cast<std::uint64_t>(p.seed)};
  if (p.noise != 0) adc.noise = AdcNoiseConfig{0.1 * p.noise, static_cast<std::uint64_t>(p.seed)};
  return adc;
}

MachineConfig machine_of(const P& p) {
  MachineConfig machine;
  machine.clock_mhz = 1000.0;
  machine.mesh = {16, 16};
  machine.pipeline = {p.fetch,         p.drive,         p.read,        p.adcs,        p.convert,
                      p.shift_add,     p.scatter_ports, p.skips != 0,  p.skip_cycles, p.input_bytes,
                      p.filter_cycles, p.merge_cycles,  p.output_lanes};
  machine.adc = adc_of(p);
  machine.first_image = static_cast<std::uint64_t>(p.first_image);
  machine.vector_lanes = p.vector_lanes;
  machine.links = p.contended != 0 ? Links::contended : Links::ideal;
  machine.router_buffer_packets = p.places;
  machine.router_cycles = p.router_cycles;
  machine.link_bytes_per_cycle = p.link_bytes;
  machine.buffer_extra_rows = p.extra_rows;
  machine.memory_cycles = p.memory_cycles;
  machine.bus_bytes_per_cycle = p.bus_bytes;
  machine.execution = std::vector<Execution>{Execution::asynchronous, Execution::sequential,
                                             Execution::synchronous}[static_cast<std::size_t>(p.execution)];
  machine.images_in_flight = p.in_flight;
  return machine;
}

std::uint64_t work_of(const EquivalenceCase& sample) {
  std::uint64_t cycles = 0;
  const PipelineConfig& pipeline = sample.machine.pipeline;
  for (const LayerMapping& mapping : sample.image.mappings) {
    const Layer& layer = sample.image.network.layers[static_cast<std::size_t>(mapping.layer)];
    const std::uint64_t step = static_cast<std::uint64_t>(fixed_step(sample.image.geometry, pipeline));
    const std::uint64_t scatter = mapping.entries.size() / static_cast<std::uint64_t>(pipeline.scatter_ports);
    cycles += (mapping.units.size() * step + scatter) * 8 * layer.shape.pixels();
  }
  return cycles * sample.inputs.size();
}

// What is compared.

/// Remembers all that it is told, whatever the order.
struct Recording : ActivityObserver {
  using Times = std::array<Cycle, 9>;

  void image_begins() override { ++image; }
  void engine_busy(int engine, std::uint64_t window, Cycle begin, Cycle end) override {
    engines[{image, engine, window}] = {begin, end};
  }
  void buffer_changes(int layer, int input, Cycle cycle, long pixels) override {
    buffers[{image, layer, input, cycle}] += pixels;
  }
  void window(int layer, std::uint64_t window, const WindowTimes& times) override {
    windows[{image, layer, window}] = {times.delivered, times.previous, times.made, times.arrived, times.credited,
                                       times.turn,      times.start,    times.done, times.finish};
    services[{image, layer, window}] = times.done - times.start;
  }
  void transfer(const DmaActivity& transfer) override {
    transfers[{image, transfer.write, transfer.begin}] = {transfer.end, transfer.bytes};
  }
  /// Those of the stages, which there are at both fidelities.
  std::vector<bool> add_pins(int engine, const std::vector<Pin>& pins, bool) override {
    static const std::vector<Pin> common = StageTimeline::pins();
    std::vector<bool> wanted;
    for (const Pin& pin : pins) {
      const auto stage = std::find_if(common.begin(), common.end(), [&](const Pin& c) { return c.name == pin.name; });
      wanted.push_back(stage != common.end());
      number_of[engine].push_back(static_cast<std::uint32_t>(stage - common.begin()));
    }
    return wanted;
  }
  bool wants_pins(int) const override { return true; }
  void pin_changes(int engine, std::vector<PinChange> changes) override {
    auto& in_window = stages[engine].emplace_back();
    for (const PinChange& change : changes) {
      in_window.emplace(change.cycle, number_of[engine][change.pin], change.value);
    }
  }

  int image = -1;
  std::map<std::tuple<int, int, std::uint64_t>, std::pair<Cycle, Cycle>> engines;
  std::map<std::tuple<int, int, int, Cycle>, long> buffers;
  std::map<std::tuple<int, int, std::uint64_t>, Times> windows;
  std::map<std::tuple<int, int, std::uint64_t>, Cycle> services;
  std::map<std::tuple<int, bool, Cycle>, std::pair<Cycle, std::uint64_t>> transfers;
  std::map<int, std::vector<std::uint32_t>> number_of;  ///< engine, then pin: its number among those of the stages
  std::map<int, std::vector<std::set<std::tuple<Cycle, std::uint32_t, std::uint64_t>>>> stages;
};

struct Run {
  SimulationStatistics statistics;
  Recording recording;
  std::vector<std::vector<std::uint8_t>> outputs;
};

Run run(const EquivalenceCase& sample, Fidelity fidelity) {
  renew_kernel();
  Run run;
  MachineConfig machine = sample.machine;
  machine.fidelity.otherwise = fidelity;
  SimulationRequest request{sample.image,
                            machine,
                            sample.inputs.size(),
                            [&](std::size_t i) { return sample.inputs[i]; },
                            [&](std::size_t, const std::vector<std::uint8_t>& bytes) { run.outputs.push_back(bytes); },
                            {},
                            &run.recording};
  run.statistics = simulate(request);
  return run;
}

/// Collects the first difference.
class Comparison {
 public:
  template <class T>
  void equal(const T& a, const T& b, const std::string& what) {
    if (text_.empty() && !(a == b)) text_ = what;
  }
  template <class T>
  void number(const T& a, const T& b, const std::string& what) {
    equal(a, b, what + ": " + std::to_string(a) + " and " + std::to_string(b));
  }
  void events(const EventCounts& a, const EventCounts& b, const std::string& what) {
    for (std::size_t e = 0; e < kEventCount; ++e) {
      const auto event = static_cast<Event>(e);
      number(a[event], b[event], what + ", " + event_name(event));
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void compare_layers(Comparison& comparison, const LayerStatistics& a, const LayerStatistics& b,
                    const std::string& layer) {
  comparison.number(a.activity.windows, b.activity.windows, layer + ", windows");
  comparison.number(a.activity.busy_cycles, b.activity.busy_cycles, layer + ", busy cycles");
  comparison.number(a.activity.waited_for_input, b.activity.waited_for_input, layer + ", cycles waiting for input");
  comparison.number(a.activity.waited_for_credit, b.activity.waited_for_credit, layer + ", cycles waiting for credit");
  comparison.number(a.activity.waited_for_turn, b.activity.waited_for_turn, layer + ", cycles waiting for its turn");
  for (std::size_t i = 0; i < kCycleCauses; ++i) {
    const auto cause = static_cast<CycleCause>(i);
    comparison.number(a.activity.causes[cause], b.activity.causes[cause], layer + ", cycles " + cause_name(cause));
  }
  comparison.number(a.copies, b.copies, layer + ", copies");
  comparison.number(a.engines, b.engines, layer + ", engines");
  comparison.number(a.activity.first_start, b.activity.first_start, layer + ", first start");
  comparison.number(a.activity.last_finish, b.activity.last_finish, layer + ", last finish");
  comparison.number(a.activations, b.activations, layer + ", activations");
  comparison.number(a.dropped_activations, b.dropped_activations, layer + ", activations dropped");
  comparison.number(a.events.size(), b.events.size(), layer + ", tiles");
  for (const auto& [tile, events] : a.events) {
    const auto other = b.events.find(tile);
    if (other != b.events.end()) comparison.events(events, other->second, layer + ", tile " + std::to_string(tile));
  }
}

void compare_links(Comparison& comparison, const std::vector<LinkStatistics>& a, const std::vector<LinkStatistics>& b) {
  comparison.number(a.size(), b.size(), "at tlm and rtl: links");
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    comparison.number(a[i].activity.packets, b[i].activity.packets, "at tlm and rtl: packets of " + a[i].name);
    comparison.number(a[i].activity.busy_cycles, b[i].activity.busy_cycles, "at tlm and rtl: flits of " + a[i].name);
    comparison.number(a[i].activity.waiting_cycles, b[i].activity.waiting_cycles,
                      "at tlm and rtl: waiting for " + a[i].name);
  }
}

void compare_runs(Comparison& comparison, const Run& tlm, const Run& rtl) {
  comparison.equal(tlm.outputs, rtl.outputs, "outputs at tlm and rtl");
  comparison.equal(tlm.recording.engines, rtl.recording.engines, "cycles of an engine's windows at tlm and rtl");
  comparison.equal(tlm.recording.windows, rtl.recording.windows, "times of a layer's windows at tlm and rtl");
  comparison.equal(tlm.recording.buffers, rtl.recording.buffers, "fill of a buffer at tlm and rtl");
  comparison.equal(tlm.recording.stages, rtl.recording.stages, "what is in the stages at tlm and rtl");
  comparison.equal(tlm.recording.transfers, rtl.recording.transfers, "transfers of the DMA at tlm and rtl");
  comparison.equal(tlm.statistics.image_cycles, rtl.statistics.image_cycles, "cycles of an image at tlm and rtl");
  comparison.number(tlm.statistics.elapsed_cycles, rtl.statistics.elapsed_cycles, "elapsed cycles at tlm and rtl");
  comparison.events(tlm.statistics.input_output, rtl.statistics.input_output, "at tlm and rtl: the DMA");
  compare_links(comparison, tlm.statistics.links, rtl.statistics.links);
  for (std::size_t layer = 0; layer < tlm.statistics.layers.size(); ++layer) {
    compare_layers(comparison, tlm.statistics.layers[layer], rtl.statistics.layers[layer],
                   "at tlm and rtl: layer " + std::to_string(layer));
  }
}

/// Each layer alone, wholly at pin level, on the first image.
void compare_blocks(Comparison& comparison, const EquivalenceCase& sample, const Run& tlm) {
  EquivalenceCase first = sample;
  first.inputs.resize(1);
  const Run machine = sample.inputs.size() == 1 ? tlm : run(first, Fidelity::tlm);
  const auto depths = buffer_depths(sample.image.network, sample.machine);
  std::vector<std::uint8_t> tensor = sample.inputs.front();
  for (std::size_t layer = 0; layer < sample.image.network.layers.size(); ++layer) {
    if (!is_wholly_at_pin_level(sample.image.network.layers[layer])) return;
    const int number = static_cast<int>(layer);
    const std::string name = "the machine and the blocks of layer " + std::to_string(layer) + " alone";
    const LayerRun blocks = run_at_pin_level(sample.image, number, sample.machine, tensor, depths[layer][0]);
    for (std::size_t window = 0; window < blocks.cycles.size(); ++window) {
      comparison.number(machine.recording.services.at({0, number, window}), blocks.cycles[window],
                        name + ", cycles of window " + std::to_string(window));
    }
    EventCounts counts;
    for (const auto& [tile, events] : machine.statistics.layers[layer].events) counts += events;
    counts[Event::router_hop] = 0;
    comparison.events(counts, blocks.events, name);
    tensor = blocks.output;
  }
  comparison.equal(machine.outputs.front(), tensor, "outputs of the machine and of the blocks alone");
}

/// A difference between pin level and what transaction level expects is found by the comparison, not on the way.
struct QuietWarnings {
  QuietWarnings() : before(sc_core::sc_report_handler::set_handler(handle)) {}
  ~QuietWarnings() { sc_core::sc_report_handler::set_handler(before); }
  QuietWarnings(const QuietWarnings&) = delete;
  QuietWarnings& operator=(const QuietWarnings&) = delete;

  static void handle(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    if (report.get_severity() > sc_core::SC_WARNING) sc_core::sc_report_handler::default_handler(report, actions);
  }

  const sc_core::sc_report_handler_proc before;
};

std::string indented(const std::string& text) {
  return "  " + std::regex_replace(text, std::regex("\n(?=.)"), "\n  ");
}

std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The one that comes with the program, with converters of one and two bits.
std::string technology() {
  const std::string text = file_text(std::filesystem::path(REPRISE_SOURCE_DIR) / "scenarios/technology/default.yaml");
  return std::regex_replace(text, std::regex("first_bits: 3\n    conversion_pj: \\["),
                            "first_bits: 1\n    conversion_pj: [0.05, 0.08, ");
}

}  // namespace

CaseParameters random_parameters(unsigned seed) {
  Random random(seed);
  P p = drawn(random);
  while (!make_case(p)) p = drawn(random);
  return p;
}

std::string to_string(const CaseParameters& parameters) {
  std::string text;
  for (const Knob& knob : kKnobs) {
    if (parameters.*knob.member == knob.least) continue;
    text += (text.empty() ? "" : ", ") + std::string(knob.name) + ' ' + std::to_string(parameters.*knob.member);
  }
  return text;
}

std::optional<EquivalenceCase> make_case(const CaseParameters& p) {
  Random random(static_cast<unsigned>(p.seed));
  std::optional<QuantisedNetwork> network = network_of(random, p);
  if (!network) return std::nullopt;
  EquivalenceCase sample{std::move(*network), {}, machine_of(p), {}};
  try {
    sample.image = map_network(sample.network, mapping_of(p));
    sample.machine.replication = replication_of(p, sample.image);
    make_floorplan(sample.image, sample.machine);
  } catch (const InputError&) {
    return std::nullopt;
  }
  for (int image = 0; image < p.images; ++image) {
    std::vector<std::uint8_t> input(sample.network.description.input_shape.size());
    for (std::uint8_t& value : input) {
      value = static_cast<std::uint8_t>(chance(random, p.zero_inputs) ? 0 : draw(random, 0, 255) & p.input_mask);
    }
    sample.inputs.push_back(std::move(input));
  }
  if (work_of(sample) > kMostCycles) return std::nullopt;
  return sample;
}

std::string difference(const EquivalenceCase& sample) {
  const QuietWarnings quiet;
  Comparison comparison;
  const Run tlm = run(sample, Fidelity::tlm);
  const Run rtl = run(sample, Fidelity::rtl);
  compare_runs(comparison, tlm, rtl);
  compare_blocks(comparison, sample, tlm);
  if (is_lossless(sample.machine.adc, sample.image.geometry.unit_rows)) {
    const IntegerReference reference(sample.network);
    for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
      comparison.equal(tlm.outputs[i], reference.output(sample.inputs[i]),
                       "outputs of image " + std::to_string(i) + " and those of the integer reference");
    }
  }
  return comparison.text();
}

CaseParameters shrink(CaseParameters parameters, const std::function<bool(const CaseParameters&)>& fails) {
  bool smaller = true;
  while (smaller) {
    smaller = false;
    for (const Knob& knob : kKnobs) {
      const int present = parameters.*knob.member;
      const int one_less = present <= kShortSteps ? present - 1 : knob.least;  // a seed is not worth a million steps
      for (const int value : {knob.least, (knob.least + present) / 2, one_less}) {
        if (value >= present || value < knob.least) continue;
        CaseParameters candidate = parameters;
        candidate.*knob.member = value;
        if (!fails(candidate)) continue;
        parameters = candidate;
        smaller = true;
        break;
      }
    }
  }
  return parameters;
}

void save_case(const EquivalenceCase& sample, const std::string& description, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "case.txt") << description << '\n';
  write_image(folder / "case.h5", sample.image);
  std::ofstream images(folder / "images.raw", std::ios::binary);
  for (const auto& input : sample.inputs) {
    images.write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  }
  std::ofstream(folder / "technology.yaml") << technology();
  const Shape& shape = sample.image.network.input_shape;
  for (const Fidelity fidelity : {Fidelity::tlm, Fidelity::rtl}) {
    MachineConfig machine = sample.machine;
    machine.fidelity.otherwise = fidelity;
    std::ofstream(folder / (fidelity == Fidelity::tlm ? "tlm.yaml" : "rtl.yaml"))
        << "image: case.h5\ntechnology: technology.yaml\ndataset: {format: raw, layout: nchw, channels: "
        << shape.channels << ", height: " << shape.height << ", width: " << shape.width
        << ", images: images.raw}\nplatform:\n"
        << indented(config::dump(machine, machine_table()));
  }
}

}  // namespace reprise::test
