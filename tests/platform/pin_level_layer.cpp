#include "tests/platform/pin_level_layer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <systemc>

#include "rtl_models/layer_buffer.h"
#include "rtl_models/pooling_unit.h"
#include "rtl_models/tile.h"
#include "tests/sc_test.h"
#include "tlm/converter.h"
#include "tlm/pin_level_engine.h"

namespace reprise::test {
namespace {

using sc_core::sc_signal;
using Bytes = rtl::Bus<std::uint8_t>;

const SlidingWindow* window_of(const Layer& layer) {
  if (const auto* convolution = std::get_if<ConvolutionLayer>(&layer.operation)) return &convolution->window;
  if (const auto* pool = std::get_if<MaxPoolLayer>(&layer.operation)) return &pool->window;
  if (const auto* pool = std::get_if<AveragePoolLayer>(&layer.operation)) return &pool->window;
  return nullptr;
}

rtl::TileConfig tile_config(const MachineConfig& machine) {
  return {pin_config(machine), machine.pipeline.merge_cycles, machine.pipeline.output_lanes};
}

struct Bench : sc_core::sc_module {
  SC_HAS_PROCESS(Bench);
  Bench(const WeightImage& from, int layer, const MachineConfig& machine, const std::vector<std::uint8_t>& of_image,
        int depth, const sc_core::sc_module_name& name = "bench")
      : sc_module(name),
        image(from),
        description(from.network.layers[static_cast<std::size_t>(layer)]),
        number(static_cast<std::uint64_t>(layer)),
        first_image(machine.first_image),
        shape(from.network.shape_of(description.inputs.front())),
        sliding(*window_of(description)),
        input(of_image),
        buffer("buffer", shape, sliding,
               static_cast<std::uint8_t>(from.network.quantisation_of(description.inputs.front()).zero_point), depth) {
    buffer.clock(clock);
    buffer.restart(restart);
    buffer.write(write);
    buffer.row(row);
    buffer.release(release);
    buffer.release_before(release_before);
    buffer.read(read);
    buffer.y(y);
    buffer.x(x);
    buffer.rows(rows);
    buffer.credits(credits);
    buffer.window(window);
    buffer.positions(positions);
    if (machine.adc.noise) noise.emplace(*machine.adc.noise);
    for (const LayerMapping& mapping : image.mappings) {
      if (mapping.layer == layer) add_tile(machine, mapping);
    }
    if (tile == nullptr) add_pooling(machine);
    SC_THREAD(run);
  }

  void add_tile(const MachineConfig& machine, const LayerMapping& mapping) {
    tile = std::make_unique<rtl::Tile>("tile", tile_config(machine), image, mapping);
    tile->clock(clock);
    tile->start(start);
    tile->window(window);
    tile->window_key(window_key);
    tile->busy(busy);
    tile->done(done);
    tile->cycles(cycles);
    tile->output(output);
  }

  void add_pooling(const MachineConfig& machine) {
    const int zero_point = image.network.quantisation_of(description.inputs.front()).zero_point;
    pooling = std::make_unique<rtl::PoolingUnit>("pooling", description, zero_point, machine.vector_lanes);
    pooling->clock(clock);
    pooling->start(start);
    pooling->window(window);
    pooling->positions(positions);
    pooling->busy(busy);
    pooling->done(done);
    pooling->output(output);
  }

  void tick() { wait(clock.negedge_event()); }
  void pulse(sc_signal<bool>& wire) {
    wire.write(true);
    tick();
    wire.write(false);
  }

  void fill() {
    while (credits.read() > 0 && rows.read() < static_cast<std::uint32_t>(shape.height)) {
      std::vector<std::uint8_t> bytes;
      for (int column = 0; column < shape.width; ++column) {
        for (int channel = 0; channel < shape.channels; ++channel) {
          const int position = (channel * shape.height + static_cast<int>(rows.read())) * shape.width + column;
          bytes.push_back(input[static_cast<std::size_t>(position)]);
        }
      }
      row.write(Bytes(bytes));
      pulse(write);
    }
  }

  void make_window(int of_y, int of_x) {
    const std::size_t pixels = description.shape.pixels();
    const auto pixel = static_cast<std::size_t>(of_y * description.shape.width + of_x);
    y.write(static_cast<std::uint32_t>(of_y));
    x.write(static_cast<std::uint32_t>(of_x));
    if (noise) window_key.write(noise->window_key(first_image, number, pixel));
    pulse(read);
    pulse(start);
    std::uint64_t elapsed = 0;
    for (; busy.read(); ++elapsed) tick();
    result.cycles.push_back(elapsed);
    for (std::size_t channel = 0; channel < output.read().width(); ++channel) {
      result.output[channel * pixels + pixel] = output.read()[channel];
    }
  }

  void run() {
    result.output.resize(description.shape.size());
    pulse(restart);
    for (int of_y = 0; of_y < description.shape.height; ++of_y) {
      fill();
      for (int of_x = 0; of_x < description.shape.width; ++of_x) make_window(of_y, of_x);
      const bool last = of_y + 1 == description.shape.height;
      const int needed = std::clamp((of_y + 1) * sliding.stride_height - sliding.pad_top, 0, shape.height - 1);
      release_before.write(static_cast<std::uint32_t>(last ? shape.height : needed));
      pulse(release);
    }
    fill();  // rows that no window needs come, too
    finished = true;
    sc_core::sc_stop();
  }

  EventCounts events() const {
    EventCounts counts;
    counts[Event::buffer_write] = buffer.bytes_written();
    // A vector unit reads a byte an operation.
    counts[Event::buffer_read] = pooling != nullptr ? pooling->operations() : buffer.bytes_read();
    if (pooling != nullptr) counts[Event::vector_op] = pooling->operations();
    if (tile == nullptr) return counts;
    counts[Event::input_filter_check] = tile->input_filter_checks();
    counts[Event::merge_add] = tile->merge_adds();
    counts[Event::requantise_op] = tile->requantise_operations();
    for (const rtl::ProcessingEngine& engine : tile->engines()) counts += events_of(engine.counts());
    return counts;
  }

  const WeightImage& image;
  const Layer& description;
  const std::uint64_t number;
  const std::uint64_t first_image;
  std::optional<ConversionNoise> noise;
  const Shape shape;
  const SlidingWindow& sliding;
  const std::vector<std::uint8_t>& input;
  LayerRun result;
  bool finished = false;
  sc_core::sc_clock clock{"clock", sc_core::sc_time(1, sc_core::SC_NS), 0.5, sc_core::sc_time(1, sc_core::SC_NS)};
  sc_signal<bool> restart{"restart"}, write{"write"}, release{"release"}, read{"read"};
  sc_signal<Bytes> row{"row"}, window{"window"}, positions{"positions"}, output{"output"};
  sc_signal<std::uint32_t> release_before{"release_before"}, y{"y"}, x{"x"}, rows{"rows"}, credits{"credits"};
  sc_signal<std::uint64_t> window_key{"window_key"};
  sc_signal<bool> start{"start"}, busy{"busy"}, done{"done"};
  sc_signal<std::uint32_t> cycles{"cycles"};
  rtl::LayerBuffer buffer;
  std::unique_ptr<rtl::Tile> tile;
  std::unique_ptr<rtl::PoolingUnit> pooling;
};

}  // namespace

bool is_wholly_at_pin_level(const Layer& layer) {
  return window_of(layer) != nullptr;
}

LayerRun run_at_pin_level(const WeightImage& image, int layer, const MachineConfig& machine,
                          const std::vector<std::uint8_t>& input, int depth) {
  renew_kernel();
  Bench bench(image, layer, machine, input, depth);
  sc_core::sc_start();
  bench.result.events = bench.events();
  return bench.result;
}

}  // namespace reprise::test
