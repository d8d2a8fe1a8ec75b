#include <catch2/catch.hpp>
#include <systemc>

#include <vector>

#include "clocked_bench.h"
#include "rtl_models/layer_buffer.h"
#include "rtl_models/pooling_unit.h"
#include "support/error.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr auto kBeyond = static_cast<std::uint8_t>(Position::beyond);
constexpr auto kPadding = static_cast<std::uint8_t>(Position::padding);
constexpr auto kInside = static_cast<std::uint8_t>(Position::inside);

struct Bench : ClockedBench {
  Bench(const Layer& layer, int lanes) : unit("pooling", layer, 1, lanes) {
    unit.clock(clock);
    unit.start(start);
    unit.window(window);
    unit.positions(positions);
    unit.busy(busy);
    unit.done(done);
    unit.output(output);
  }
  /// The busy cycles of a window.
  int run(const Bytes& bytes, const Bytes& kinds) {
    window.write(bus(bytes));
    positions.write(bus(kinds));
    start.write(true);
    tick();
    start.write(false);
    int cycles = 0;
    for (; busy.read(); ++cycles) tick();
    return cycles;
  }
  sc_signal<bool> start{"start"}, busy{"busy"}, done{"done"};
  sc_signal<Bus<std::uint8_t>> window{"window"}, positions{"positions"}, output{"output"};
  PoolingUnit unit;
};

SlidingWindow three_wide() {
  SlidingWindow window;
  window.kernel_width = 3;
  return window;
}

Layer average_layer(bool count_padding) {
  Layer layer;
  AveragePoolLayer pool;
  pool.window = three_wide();
  pool.count_padding = count_padding;
  pool.requantisation = {{1, 1}, {1, 1}, {1431655765, 32}};
  pool.requantisation[0] = {2, 1};  // 1
  pool.requantisation[1] = {2, 2};  // 1/2
  layer.operation = pool;
  layer.shape.channels = 2;
  return layer;
}

}  // namespace

TEST_CASE("max pooling: positions outside take no part, two lanes") {
  Layer layer;
  layer.operation = MaxPoolLayer{three_wide()};
  layer.shape.channels = 2;
  reprise::test::run<Bench>(
      [](Bench& b) {
        CHECK(b.run({7, 200, 13, 255, 3, 0}, {kInside, kInside, kInside, kPadding, kInside, kInside}) == 3);
        CHECK(b.done.read());
        CHECK(b.output.read().lanes == Bytes{200, 3});
        CHECK(b.unit.operations() == 6);
        CHECK(b.run({1, 2, 3, 0, 0, 0}, Bytes(6, kInside)) == 3);
        CHECK(b.output.read().lanes == Bytes{3, 0});
      },
      kLimit, layer, 2);
}

TEST_CASE("average pooling: divides by the positions that count, zero point 1") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        CHECK(b.run({10, 20, 31, 9, 1, 12}, {kInside, kInside, kInside, kBeyond, kPadding, kInside}) == 1);
        CHECK(b.output.read().lanes == Bytes{19, 11});  // 58 / 3; 11 / 1
      },
      kLimit, average_layer(false), 8);
}

TEST_CASE("average pooling: declared padding may count as zeros") {
  reprise::test::run<Bench>(
      [](Bench& b) {
        CHECK(b.run({10, 20, 31, 9, 1, 12}, {kInside, kInside, kInside, kBeyond, kPadding, kInside}) == 2);
        CHECK(b.output.read().lanes == Bytes{19, 6});  // 58 / 3; 11 / 2, upwards
      },
      kLimit, average_layer(true), 4);
}

TEST_CASE("a pooling unit takes no other layer") {
  Layer layer;
  layer.name = "r";
  layer.operation = ReshapeLayer{};
  reprise::test::ensure_fresh_kernel();
  CHECK_THROWS_WITH(PoolingUnit("pooling", layer, 0, 1), "pooling unit: layer r is of kind reshape");
}
