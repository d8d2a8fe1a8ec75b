#include <catch2/catch.hpp>
#include <systemc>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "clocked_bench.h"
#include "compression/mapping/mapper.h"
#include "random_layer.h"
#include "rtl_models/layer_buffer.h"
#include "rtl_models/tile.h"
#include "tests/mapping/random_compression.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

namespace {

constexpr unsigned kSeed = 99;
constexpr int kCases = 40;
/// A network of one convolution with random weights, strides, padding and groups, and its input.
struct Convolution {
  QuantisedNetwork network;
  WeightImage image;
  std::vector<std::uint8_t> input;  ///< by pixel
  int depth = 0;                    ///< of the layer buffer
};

SlidingWindow random_sliding(Random& random) {
  SlidingWindow window;
  window.kernel_height = pick(random, 1, 3);
  window.kernel_width = pick(random, 1, 3);
  window.stride_height = pick(random, 1, 2);
  window.stride_width = pick(random, 1, 2);
  window.dilation_height = pick(random, 1, 2);
  window.pad_top = pick(random, 0, window.kernel_height - 1);
  window.pad_left = pick(random, 0, window.kernel_width - 1);
  window.pad_bottom = pick(random, 0, window.kernel_height - 1);
  return window;
}

Convolution random_convolution(Random& random) {
  Convolution c;
  NetworkDescription& network = c.network.description;
  const int groups = pick(random, 1, 2);
  network.input_shape = {groups * pick(random, 1, 3), pick(random, 5, 7), pick(random, 3, 5)};
  const bool filtered = pick(random, 0, 1) == 1;
  network.input_quantisation.zero_point = filtered ? 0 : pick(random, 0, 20);
  network.preprocessing.mean = {0.0};
  network.preprocessing.standard_deviation = {1.0};
  ConvolutionLayer convolution;
  convolution.window = random_sliding(random);
  convolution.groups = groups;
  if (filtered) {
    convolution.filter = reprise::InputFilter{pick(random, 1, 12), pick(random, 0, 1500), pick(random, 1, 8)};
  }
  const SlidingWindow& w = convolution.window;
  Layer layer;
  layer.name = "convolution";
  layer.inputs = {kNetworkInput};
  const int reach = (w.kernel_height - 1) * w.dilation_height + 1;
  layer.shape = {groups * pick(random, 1, 12),
                 (network.input_shape.height + w.pad_top + w.pad_bottom - reach) / w.stride_height + 1,
                 (network.input_shape.width + w.pad_left - w.kernel_width) / w.stride_width + 1};
  layer.quantisation.zero_point = pick(random, 0, 255);
  const int channels = network.input_shape.channels / groups;
  std::vector<std::int8_t> weights;
  for (int o = 0; o < layer.shape.channels; ++o) {
    convolution.bias.push_back(pick(random, -2000, 2000));
    convolution.requantisation.push_back({pick(random, 1, 1 << 30), pick(random, 36, 40)});
    for (int i = 0; i < channels * w.area(); ++i)
      weights.push_back(
          static_cast<std::int8_t>(pick(random, 0, 2) == 0 ? pick(random, -127, 127) : pick(random, -1, 1)));
  }
  layer.operation = convolution;
  network.layers.push_back(layer);
  c.network.weights.push_back(weights);
  for (std::size_t i = 0; i < network.input_shape.size(); ++i)
    c.input.push_back(static_cast<std::uint8_t>(pick(random, 0, 255)));
  c.depth = reach + pick(random, 0, 1);
  return c;
}

/// docs/weight_image.md, section 4, word by word.
std::uint8_t convolved(const Convolution& c, int o, int y, int x) {
  const NetworkDescription& network = c.network.description;
  const Layer& layer = network.layers[0];
  const auto& convolution = std::get<ConvolutionLayer>(layer.operation);
  const SlidingWindow& w = convolution.window;
  const Shape& in = network.input_shape;
  const int channels = in.channels / convolution.groups;
  const int group = o * convolution.groups / layer.shape.channels;
  const auto output = static_cast<std::size_t>(o);
  const int zero_point = network.input_quantisation.zero_point;
  std::vector<std::uint8_t> rows;  // of the output's group
  for (int i = 0; i < channels; ++i) {
    for (int ky = 0; ky < w.kernel_height; ++ky) {
      for (int kx = 0; kx < w.kernel_width; ++kx) {
        const int row = y * w.stride_height - w.pad_top + ky * w.dilation_height;
        const int column = x * w.stride_width - w.pad_left + kx;
        const bool outside = row < 0 || row >= in.height || column < 0 || column >= in.width;
        const int position = (row * in.width + column) * in.channels + group * channels + i;
        rows.push_back(outside ? static_cast<std::uint8_t>(zero_point) : c.input[static_cast<std::size_t>(position)]);
      }
    }
  }
  rows = filtered_window(convolution.filter, 1, rows);
  std::int64_t sum = convolution.bias[output];
  for (std::size_t r = 0; r < rows.size(); ++r)
    sum += c.network.weights[0][output * rows.size() + r] * (rows[r] - zero_point);
  const FixedPoint factor = convolution.requantisation[output];
  const std::int64_t rounded = (sum * factor.multiplier + (std::int64_t{1} << (factor.shift - 1))) >> factor.shift;
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(layer.quantisation.zero_point + rounded, 0, 255));
}

/// Buffer and tile of one convolution.
struct LayerBench : sc_core::sc_module {
  LayerBench(const sc_core::sc_module_name& name, sc_core::sc_clock& clock, const Convolution& of)
      : sc_module(name),
        source(of),
        buffer("buffer", of.network.description.input_shape,
               std::get<ConvolutionLayer>(of.network.description.layers[0].operation).window,
               static_cast<std::uint8_t>(of.network.description.input_quantisation.zero_point), of.depth),
        tile("tile", TileConfig(), of.image, of.image.mappings[0]) {
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
    tile.clock(clock);
    tile.start(start);
    tile.window(window);
    tile.busy(busy);
    tile.done(done);
    tile.cycles(cycles);
    tile.output(output);
  }
  const Convolution& source;
  sc_signal<bool> restart{"restart"}, write{"write"}, release{"release"}, read{"read"};
  sc_signal<Bus<std::uint8_t>> row{"row"}, window{"window"}, positions{"positions"}, output{"output"};
  sc_signal<std::uint32_t> release_before{"release_before"}, y{"y"}, x{"x"}, rows{"rows"}, credits{"credits"};
  sc_signal<bool> start{"start"}, busy{"busy"}, done{"done"};
  sc_signal<std::uint32_t> cycles{"cycles"};
  LayerBuffer buffer;
  Tile tile;
};

struct Bench : ClockedBench {
  explicit Bench(const std::vector<Convolution>& sources) {
    for (std::size_t i = 0; i < sources.size(); ++i)
      layers.push_back(std::make_unique<LayerBench>(("bench" + std::to_string(i)).c_str(), clock, sources[i]));
  }
  void pulse(sc_signal<bool>& wire) {
    wire.write(true);
    tick();
    wire.write(false);
  }
  /// Writes input rows as long as there are credits.
  void fill(LayerBench& l) {
    const Shape& in = l.source.network.description.input_shape;
    const std::size_t bytes = static_cast<std::size_t>(in.width * in.channels);
    while (l.credits.read() > 0 && l.rows.read() < static_cast<std::uint32_t>(in.height)) {
      const auto begin = l.source.input.begin() + static_cast<std::ptrdiff_t>(l.rows.read() * bytes);
      l.row.write(Bus<std::uint8_t>({begin, begin + static_cast<std::ptrdiff_t>(bytes)}));
      pulse(l.write);
    }
  }
  void window(LayerBench& l, int y, int x) {
    l.y.write(static_cast<std::uint32_t>(y));
    l.x.write(static_cast<std::uint32_t>(x));
    pulse(l.read);
    pulse(l.start);
    while (l.busy.read()) tick();
  }
  std::vector<std::unique_ptr<LayerBench>> layers;
};

void check_layer(Bench& bench, LayerBench& l) {
  const Layer& layer = l.source.network.description.layers[0];
  const SlidingWindow& w = std::get<ConvolutionLayer>(layer.operation).window;
  bench.pulse(l.restart);
  for (int y = 0; y < layer.shape.height; ++y) {
    bench.fill(l);
    for (int x = 0; x < layer.shape.width; ++x) {
      bench.window(l, y, x);
      for (int o = 0; o < layer.shape.channels; ++o) {
        INFO("output " << o << " at " << y << ", " << x);
        CHECK(int{l.output.read()[static_cast<std::size_t>(o)]} == int{convolved(l.source, o, y, x)});
      }
    }
    l.release_before.write(static_cast<std::uint32_t>(std::max(0, (y + 1) * w.stride_height - w.pad_top)));
    bench.pulse(l.release);
  }
}

}  // namespace

TEST_CASE("mapped convolutions come out of buffer and tile as defined, at both granularities and all encodings") {
  Random random(kSeed);
  std::vector<Convolution> sources;
  for (int i = 0; i < kCases; ++i) {
    Convolution c = random_convolution(random);
    MappingConfig mapping;
    reprise::test::compress_at_random(random, c.network);
    mapping.engine = kEngineKinds[static_cast<std::size_t>(i) % kEngineKinds.size()];
    mapping.granularity = i % 4 < 2 ? Granularity::kernel : Granularity::bit_column;
    mapping.encoding = i % 8 < 4 ? Encoding::twos_complement : Encoding::differential;
    mapping.hardware.crossbar.rows = 18;
    mapping.hardware.crossbar.columns = 32;
    mapping.hardware.engine.crossbars = 1 + i % 2;
    c.image = map_network(c.network, mapping);
    sources.push_back(c);
  }
  reprise::test::run<Bench>(
      [](Bench& bench) {
        std::size_t engines = 0;
        for (auto& layer : bench.layers) {
          INFO("seed " << kSeed << " " << layer->name());
          check_layer(bench, *layer);
          engines = std::max(engines, layer->tile.engines().size());
        }
        CHECK(engines > 2);
      },
      kLimit, sources);
}

TEST_CASE("layer buffer: credits, windows and counts by hand") {
  struct BufferBench : ClockedBench {
    BufferBench() {
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
    }
    static SlidingWindow sliding() {
      SlidingWindow w;
      w.kernel_height = w.kernel_width = 2;
      w.pad_top = w.pad_left = 1;
      return w;
    }
    void pulse(sc_signal<bool>& wire) {
      wire.write(true);
      tick();
      wire.write(false);
    }
    void push(const std::vector<std::uint8_t>& bytes) {
      row.write(bus(bytes));
      pulse(write);
    }
    sc_signal<bool> restart{"restart"}, write{"write"}, release{"release"}, read{"read"};
    sc_signal<Bus<std::uint8_t>> row{"row"}, window{"window"}, positions{"positions"};
    sc_signal<std::uint32_t> release_before{"release_before"}, y{"y"}, x{"x"}, rows{"rows"}, credits{"credits"};
    LayerBuffer buffer{"buffer", {2, 3, 2}, sliding(), 9, 2};
  };
  using Bytes = std::vector<std::uint8_t>;
  reprise::test::run<BufferBench>(
      [](BufferBench& b) {
        b.tick();
        CHECK(b.credits.read() == 2);
        b.push({1, 51, 2, 52});
        b.push({3, 53, 4, 54});
        CHECK(b.credits.read() == 0);
        CHECK(b.rows.read() == 2);
        b.pulse(b.read);  // (0, 0): only its last position lies inside
        CHECK(b.window.read().lanes == Bytes{9, 9, 9, 1, 9, 9, 9, 51});
        CHECK(b.positions.read().lanes == Bytes{1, 1, 1, 2, 1, 1, 1, 2});
        CHECK(b.buffer.bytes_read() == 2);
        b.release_before.write(1);
        b.pulse(b.release);
        CHECK(b.credits.read() == 1);
        b.push({5, 55, 6, 56});
        CHECK(b.credits.read() == 0);
        b.y.write(2);
        b.x.write(1);
        b.pulse(b.read);
        CHECK(b.window.read().lanes == Bytes{3, 4, 5, 6, 53, 54, 55, 56});
        b.x.write(2);  // beyond the declared padding
        b.pulse(b.read);
        CHECK(b.positions.read().lanes == Bytes{2, 0, 2, 0, 2, 0, 2, 0});
        CHECK(b.buffer.bytes_read() == 2 + 8 + 4);
        CHECK(b.buffer.bytes_written() == 12);
        b.pulse(b.restart);
        CHECK(b.credits.read() == 2);
        CHECK(b.rows.read() == 0);
      },
      kLimit);
  reprise::test::run<BufferBench>(
      [](BufferBench& b) {
        b.tick();
        b.push({1, 51, 2, 52});
        b.y.write(1);
        b.x.write(1);
        CHECK(errors_in([&] { b.pulse(b.read); }) == 4);     // a byte of row 1 each, which has not arrived
        CHECK(errors_in([&] { b.push({1, 51, 2}); }) == 1);  // too short
        CHECK(errors_in([&] { b.push({3, 53, 4, 54}); }) == 0);
        CHECK(errors_in([&] { b.push({5, 55, 6, 56}); }) == 1);  // no credit
        CHECK(b.rows.read() == 2);
      },
      kLimit);
}
