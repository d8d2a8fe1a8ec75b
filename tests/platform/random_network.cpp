#include "tests/platform/random_network.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "compression/mapping/mapper.h"
#include "tests/mapping/random_compression.h"

namespace reprise::test {
namespace {

constexpr int kMaximumSide = 10;
constexpr int kMaximumChannels = 24;
constexpr std::size_t kMaximumSize = 400;
constexpr std::size_t kMaximumEngines = 60;

bool small(const Shape& shape) {
  return shape.height <= kMaximumSide && shape.width <= kMaximumSide && shape.size() <= kMaximumSize &&
         (shape.channels <= kMaximumChannels || shape.pixels() == 1);
}

/// One direction of a sliding window.
struct Axis {
  int kernel, stride, dilation, before, after, outputs;

  bool every_window_touches(int size) const {
    for (int i = 0; i < outputs; ++i) {
      bool touches = false;
      for (int k = 0; k < kernel; ++k) {
        const int position = i * stride - before + k * dilation;
        touches = touches || (position >= 0 && position < size);
      }
      if (!touches) return false;
    }
    return true;
  }
};

SlidingWindow window_of(const Axis& rows, const Axis& columns) {
  return {rows.kernel,      columns.kernel, rows.stride,    columns.stride, rows.dilation,
          columns.dilation, rows.before,    columns.before, rows.after,     columns.after};
}

class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  QuantisedNetwork run() {
    net_.name = "random";
    net_.input_shape = {draw(1, 5), draw(1, 9), draw(1, 9)};
    net_.input_quantisation = random_quantisation();
    net_.preprocessing.mean = {0.0};
    net_.preprocessing.standard_deviation = {1.0};
    const auto layers = static_cast<std::size_t>(draw(1, 10));
    while (net_.layers.size() < layers) add_something();
    return std::move(network_);
  }

 private:
  int draw(int low, int high) { return pick(random_, low, high); }
  bool chance(int percent) { return draw(1, 100) <= percent; }

  void add_something() {
    switch (draw(0, 13)) {
      case 0:
        return add_max_pool(any_tensor());
      case 1:
        return add_average_pool(any_tensor());
      case 2:
      case 3:
        return add_elementwise();
      case 4:
        return add_concat();
      case 5:
        return add_lookup(any_tensor());
      case 6:
        return add_slice(any_tensor());
      case 7:
        return add_pad(any_tensor());
      case 8:
        return add_reshape(any_tensor());
      case 9:
        return add_fully_connected(any_tensor());
      case 10:
        return add_residual_block(any_tensor());
      default:
        return add_convolution(any_tensor());
    }
  }

  /// Mostly a recent one, so that networks grow deep.
  int any_tensor() {
    const int newest = static_cast<int>(net_.layers.size()) - 1;
    return chance(60) ? newest : draw(kNetworkInput, newest);
  }

  template <class Suits>
  std::vector<int> some_tensors(int first, const Suits& suits) {
    std::vector<int> tensors{first};
    for (int more = draw(0, 3); more > 0; --more) {
      const int other = draw(kNetworkInput, static_cast<int>(net_.layers.size()) - 1);
      if (suits(net_.shape_of(other))) tensors.push_back(other);
    }
    return tensors;
  }

  Quantisation random_quantisation() { return {1.0, chance(30) ? 0 : draw(0, 255)}; }

  /// Brings values of about this magnitude to the range of 8 bits; sometimes coarsely, with many halves to round.
  FixedPoint factor_for(double magnitude) {
    if (chance(20)) return {draw(-3, 3), draw(1, 8)};
    const double factor = draw(40, 300) / std::max(magnitude, 1.0);
    const int shift = std::clamp(30 - std::ilogb(factor), 1, 62);
    const auto multiplier = static_cast<std::int32_t>(std::ldexp(factor, shift));
    return {chance(10) ? -multiplier : multiplier, shift};
  }

  std::vector<FixedPoint> factors_for(double magnitude, int count) {
    std::vector<FixedPoint> factors;
    while (static_cast<int>(factors.size()) < count) factors.push_back(factor_for(magnitude));
    return factors;
  }

  Axis random_axis(int size, bool pooling) {
    while (true) {
      Axis axis{draw(1, 4), draw(1, 3), draw(1, 2), 0, 0, 0};
      if (chance(50)) axis.before = draw(0, pooling ? 2 : 5);
      if (chance(50)) axis.after = draw(0, pooling ? 2 : 5);
      const int room = size + axis.before + axis.after - (axis.kernel - 1) * axis.dilation - 1;
      if (room < 0) continue;
      axis.outputs = room / axis.stride + 1;
      if (pooling && room % axis.stride != 0 && chance(50)) ++axis.outputs;
      if (axis.outputs <= kMaximumSide && (!pooling || axis.every_window_touches(size))) return axis;
    }
  }

  /// Adds the layer if its output is small enough.
  void add(Operation operation, std::vector<int> inputs, const Shape& shape, std::vector<std::int8_t> weights = {}) {
    if (!small(shape)) return;
    Layer layer;
    layer.name = std::to_string(net_.layers.size()) + " " + kind_name(operation);
    layer.operation = std::move(operation);
    layer.inputs = std::move(inputs);
    layer.shape = shape;
    layer.quantisation = random_quantisation();
    if (chance(25)) layer.clamp_low = layer.quantisation.zero_point;
    if (chance(15)) layer.clamp_high = draw(layer.clamp_low, 255);
    net_.layers.push_back(std::move(layer));
    network_.weights.push_back(std::move(weights));
  }

  /// A layer of a kind that knows no clamp.
  void add_unclamped(Operation operation, int from, const Shape& shape, bool keeps_quantisation = true) {
    const std::size_t before = net_.layers.size();
    add(std::move(operation), {from}, shape);
    if (net_.layers.size() == before) return;
    Layer& layer = net_.layers.back();
    layer.clamp_low = 0;
    layer.clamp_high = 255;
    if (keeps_quantisation) layer.quantisation = net_.quantisation_of(from);
  }

  /// Anything from all zero to uniform, with or without outputs that repeat one another.
  std::vector<std::int8_t> random_weights(std::size_t outputs, std::size_t rows, int limit) {
    const int zeros = draw(0, 80);
    const int repeats = chance(50) ? draw(20, 90) : 0;
    std::vector<std::int8_t> weights;
    for (std::size_t o = 0; o < outputs; ++o) {
      const std::size_t source = static_cast<std::size_t>(draw(0, static_cast<int>(o))) * rows;
      const bool repeated = o > 0 && chance(repeats);
      for (std::size_t row = 0; row < rows; ++row) {
        const int fresh = chance(zeros) ? 0 : draw(-limit, limit);
        weights.push_back(repeated && source < o * rows ? weights[source + row] : static_cast<std::int8_t>(fresh));
      }
    }
    return weights;
  }

  /// Sums from where nothing is left out to where everything is, blocks from one row to more than there are.
  InputFilter random_filter(int rows, int area) {
    InputFilter filter;
    filter.block_rows = chance(40) ? area : draw(1, rows + 3);
    filter.least_sum = chance(30) ? 0 : draw(1, 200 * std::min(filter.block_rows, rows));
    if (chance(10)) filter.least_sum = 256 * rows;
    filter.planes = chance(30) ? 8 : draw(1, 7);
    return filter;
  }

  void add_convolution(int from, const SlidingWindow& window, int groups, const Shape& shape) {
    ConvolutionLayer convolution;
    convolution.window = window;
    convolution.groups = groups;
    const int rows = net_.shape_of(from).channels / groups * window.area();
    if (net_.quantisation_of(from).zero_point == 0 && chance(60)) {
      convolution.filter = random_filter(rows, window.area());
    }
    const int limit = std::vector<int>{0, 1, 3, 20, 127, 127}[static_cast<std::size_t>(draw(0, 5))];
    const double magnitude = 30.0 * limit * std::sqrt(rows);
    for (int o = 0; o < shape.channels; ++o) convolution.bias.push_back(draw(-500, 500));
    convolution.requantisation = factors_for(magnitude, shape.channels);
    if (chance(30)) convolution.negative_requantisation = factors_for(4 * magnitude, shape.channels);
    add(convolution, {from}, shape,
        random_weights(static_cast<std::size_t>(shape.channels), static_cast<std::size_t>(rows), limit));
  }

  void add_convolution(int from) {
    const Shape& input = net_.shape_of(from);
    const Axis rows = random_axis(input.height, false);
    const Axis columns = random_axis(input.width, false);
    int groups = chance(60) ? 1 : draw(1, input.channels);  // the most: depthwise
    while (input.channels % groups != 0) --groups;
    const int outputs = groups * draw(1, std::max(1, 10 / groups));
    if (input.channels / groups * outputs * rows.kernel * columns.kernel > 1000) return;
    add_convolution(from, window_of(rows, columns), groups, {outputs, rows.outputs, columns.outputs});
  }

  void add_fully_connected(int from) {
    const Shape& input = net_.shape_of(from);
    if (input.size() > 150) return;
    SlidingWindow window;
    window.kernel_height = input.height;
    window.kernel_width = input.width;
    add_convolution(from, window, 1, {draw(1, 8), 1, 1});
  }

  void add_residual_block(int from) {
    const Shape shape = net_.shape_of(from);
    if (shape.channels > 8 || !small(shape)) return;
    add_convolution(from, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, shape);
    const int added = static_cast<int>(net_.layers.size()) - 1;
    add_elementwise(chance(50) ? std::vector<int>{from, added} : std::vector<int>{added, from});
  }

  void add_elementwise(std::vector<int> inputs) {
    const Shape& shape = net_.shape_of(inputs.front());
    ElementwiseLayer layer;
    layer.shift = draw(1, 12);
    const int limit = 1 << layer.shift;
    layer.multipliers.resize(inputs.size());
    for (int c = 0; c < shape.channels; ++c) {
      for (auto& multipliers : layer.multipliers) multipliers.push_back(draw(-limit / 3, limit));
      layer.offset.push_back(draw(-20 * limit, 20 * limit));
    }
    add(layer, std::move(inputs), shape);
  }

  void add_elementwise() {
    const int first = any_tensor();
    const Shape shape = net_.shape_of(first);
    add_elementwise(some_tensors(first, [&](const Shape& other) { return other == shape; }));
  }

  void add_concat() {
    const int first = any_tensor();
    Shape shape = net_.shape_of(first);
    const std::vector<int> inputs = some_tensors(
        first, [&](const Shape& other) { return other.height == shape.height && other.width == shape.width; });
    shape.channels = 0;
    for (const int input : inputs) shape.channels += net_.shape_of(input).channels;
    add(ConcatLayer{factors_for(200, static_cast<int>(inputs.size()))}, inputs, shape);
  }

  void add_max_pool(int from) {
    const Shape& input = net_.shape_of(from);
    const Axis rows = random_axis(input.height, true);
    const Axis columns = random_axis(input.width, true);
    add_unclamped(MaxPoolLayer{window_of(rows, columns)}, from, {input.channels, rows.outputs, columns.outputs});
  }

  void add_average_pool(int from) {
    const Shape& input = net_.shape_of(from);
    const Axis rows = random_axis(input.height, true);
    const Axis columns = random_axis(input.width, true);
    AveragePoolLayer pool{window_of(rows, columns), chance(50), {}};
    for (int n = 1; n <= pool.window.area(); ++n) pool.requantisation.push_back(factor_for(150.0 * n));
    add(pool, {from}, {input.channels, rows.outputs, columns.outputs});
  }

  void add_lookup(int from) {
    LookupLayer lookup;
    for (auto& value : lookup.table) value = static_cast<std::uint8_t>(draw(0, 255));
    add_unclamped(lookup, from, net_.shape_of(from), false);
  }

  void add_slice(int from) {
    const Shape& input = net_.shape_of(from);
    SliceLayer slice;
    std::array<int, 3> counts{};
    const std::array<int, 3> sizes{input.channels, input.height, input.width};
    for (std::size_t i = 0; i < 3; ++i) {
      counts[i] = draw(1, sizes[i]);
      slice.step[i] = counts[i] > 1 ? draw(1, (sizes[i] - 1) / (counts[i] - 1)) : draw(1, 3);
      slice.start[i] = draw(0, sizes[i] - 1 - slice.step[i] * (counts[i] - 1));
    }
    add_unclamped(slice, from, {counts[0], counts[1], counts[2]});
  }

  void add_pad(int from) {
    const Shape& input = net_.shape_of(from);
    PadLayer pad;
    for (int& before : pad.before) before = draw(0, 2);
    pad.value = static_cast<std::uint8_t>(draw(0, 255));
    const Shape shape{input.channels + pad.before[0] + draw(0, 2), input.height + pad.before[1] + draw(0, 2),
                      input.width + pad.before[2] + draw(0, 2)};
    add_unclamped(pad, from, shape);
  }

  void add_reshape(int from) {
    const Shape& input = net_.shape_of(from);
    std::array<int, 3> sizes{input.channels, input.height, input.width};
    std::shuffle(sizes.begin(), sizes.end(), random_);
    if (chance(30)) sizes = {static_cast<int>(input.size()), 1, 1};
    add_unclamped(ReshapeLayer{}, from, {sizes[0], sizes[1], sizes[2]});
  }

  Random& random_;
  QuantisedNetwork network_;
  NetworkDescription& net_ = network_.description;
};

MappingConfig random_mapping(Random& random) {
  MappingConfig config;
  config.engine = kEngineKinds[static_cast<std::size_t>(pick(random, 0, static_cast<int>(kEngineKinds.size()) - 1))];
  config.granularity = pick(random, 0, 1) == 0 ? Granularity::kernel : Granularity::bit_column;
  config.encoding = pick(random, 0, 1) == 0 ? Encoding::twos_complement : Encoding::differential;
  HardwareConfig& hardware = config.hardware;
  hardware.operation_unit = {pick(random, 1, 16), pick(random, 1, 20), {}};
  const int units = pick(random, 1, 4);  // one below another
  hardware.crossbar.rows = hardware.operation_unit.rows * units + pick(random, 0, 3);
  if (pick(random, 0, 2) == 0)
    hardware.operation_unit.group_rows = hardware.operation_unit.rows * pick(random, 1, units);
  hardware.crossbar.columns = hardware.operation_unit.columns * pick(random, 1, 4) + pick(random, 0, 3);
  hardware.tile.engines = pick(random, 1, 4);
  hardware.mesh = {256, 256};
  return config;
}

}  // namespace

int pick(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

QuantisedNetwork random_network(Random& random) {
  QuantisedNetwork network = Generator(random).run();
  test::compress_at_random(random, network);
  return network;
}

WeightImage random_image(Random& random, const QuantisedNetwork& network) {
  MappingConfig config = random_mapping(random);
  for (config.hardware.engine.crossbars = pick(random, 1, 3);; config.hardware.engine.crossbars *= 2) {
    WeightImage image = map_network(network, config);
    std::size_t engines = 0;
    for (const LayerMapping& mapping : image.mappings) engines += mapping.engines.size();
    if (engines <= kMaximumEngines) return image;
  }
}

MachineConfig random_machine(Random& random, const WeightImage& image) {
  std::uint32_t engines = 1;
  for (const LayerMapping& mapping : image.mappings) {
    for (const EngineShare& share : mapping.engines) engines = std::max(engines, share.engine + 1);
  }
  const int tiles = (static_cast<int>(engines) - 1) / image.geometry.engines_per_tile + 1;
  MachineConfig machine;
  machine.clock_mhz = std::uniform_real_distribution<double>(1.0, 5000.0)(random);
  machine.mesh.columns = pick(random, 1, 5);
  machine.mesh.rows = (tiles - 1) / machine.mesh.columns + 1 + pick(random, 0, 1);
  PipelineConfig& pipeline = machine.pipeline;
  pipeline.fetch_cycles = pick(random, 1, 6);
  pipeline.drive_cycles = pick(random, 1, 6);
  pipeline.read_cycles = pick(random, 1, 6);
  pipeline.adcs = pick(random, 1, 9);
  pipeline.convert_cycles = pick(random, 1, 3);
  pipeline.shift_add_cycles = pick(random, 1, 6);
  pipeline.scatter_ports = pick(random, 0, 2) == 0 ? 1 : pick(random, 1, 6);
  pipeline.skip_zero_inputs = pick(random, 0, 3) != 0;
  pipeline.skip_cycles = pick(random, 0, 3);
  pipeline.input_bytes_per_cycle = pick(random, 1, 40);
  pipeline.filter_cycles = pick(random, 0, 3);
  pipeline.merge_cycles = pick(random, 0, 5);
  pipeline.output_lanes = pick(random, 1, 20);
  machine.adc.bits = 5;                                                      // 31 >= 16 rows
  machine.vector_lanes = pick(random, 0, 2) == 0 ? 1 : pick(random, 1, 40);  // slow vector units hold others back
  machine.router_cycles = pick(random, 0, 6);
  machine.link_bytes_per_cycle = pick(random, 1, 40);
  machine.buffer_extra_rows = pick(random, 0, 3);
  machine.memory_cycles = pick(random, 0, 60);
  machine.bus_bytes_per_cycle = pick(random, 1, 16);
  machine.register_cycles = pick(random, 0, 3);
  return machine;
}

void randomise_execution(Random& random, const WeightImage& image, MachineConfig& machine) {
  const int mode = pick(random, 0, 5);
  if (mode == 0) machine.execution = Execution::sequential;
  if (mode == 1) machine.execution = Execution::synchronous;
  if (mode > 1) machine.images_in_flight = pick(random, 1, 4);
  const int replicates = pick(random, 0, 2);
  if (replicates == 0) return;
  machine.mesh.rows += pick(random, 0, 3);
  const int chip = machine.mesh.columns * machine.mesh.rows * image.geometry.engines_per_tile;
  int used = 0;
  int behind = 0;
  for (const LayerMapping& mapping : image.mappings) {
    used += static_cast<int>(mapping.engines.size());
    for (const EngineShare& share : mapping.engines) behind = std::max(behind, static_cast<int>(share.engine) + 1);
  }
  if (replicates == 1) {
    machine.replication.kind = ReplicationKind::balanced;
    if (pick(random, 0, 1) == 0) machine.replication.engines = std::max(1, used) + pick(random, 0, 12);
    return;
  }
  machine.replication.kind = ReplicationKind::given_explicitly;
  int left = chip - behind;
  for (const LayerMapping& mapping : image.mappings) {
    const int engines = static_cast<int>(mapping.engines.size());
    if (engines == 0 || engines > left) continue;
    const Layer& layer = image.network.layers[static_cast<std::size_t>(mapping.layer)];
    const int most = std::min(static_cast<int>(layer.shape.pixels()), 1 + left / engines);
    const int copies = std::min(most, pick(random, 1, 5));
    machine.replication.copies[layer.name] = copies;
    left -= (copies - 1) * engines;
  }
}

std::vector<std::uint8_t> random_input(Random& random, const Shape& shape) {
  const int mask = pick(random, 0, 255) | pick(random, 0, 255);
  const int zeros = pick(random, 0, 80);
  std::vector<std::uint8_t> input(shape.size());
  for (std::uint8_t& value : input) {
    value = static_cast<std::uint8_t>(pick(random, 1, 100) <= zeros ? 0 : pick(random, 0, 255) & mask);
  }
  return input;
}

}  // namespace reprise::test
