#include <catch2/catch.hpp>
#include <systemc>

#include <vector>

#include "clocked_bench.h"
#include "rtl_models/fixed_point.h"
#include "rtl_models/requantiser.h"

using namespace reprise;
using namespace reprise::rtl;
using namespace reprise::rtl::test;
using sc_core::sc_signal;

TEST_CASE("scaling rounds to the nearest, halves upwards") {
  const FixedPoint three_quarters{3, 2};
  CHECK(scaled(5, three_quarters) == 4);
  CHECK(scaled(2, three_quarters) == 2);
  CHECK(scaled(-2, three_quarters) == -1);
  CHECK(scaled(-5, three_quarters) == -4);
  CHECK(scaled(2147483647, {2147483647, 62}) == 1);
  CHECK(scaled(-2147483647, {2147483647, 62}) == -1);
  CHECK(scaled(-2147483647, {2147483647, 1}) == -2305843007066210304);
  CHECK(scaled(7, {-1, 1}) == -3);
}

TEST_CASE("requantiser: the example of the weight image, two outputs a cycle") {
  struct Bench : ClockedBench {
    Bench() {
      block.clock(clock);
      block.begin(begin);
      block.enable(enable);
      block.sums(sums);
      block.output(output);
      block.last(last);
    }
    static Layer layer() {
      Layer l;
      ConvolutionLayer convolution;
      convolution.requantisation.assign(5, {3, 2});
      convolution.negative_requantisation.assign(5, {1, 2});
      l.operation = convolution;
      l.quantisation.zero_point = 10;
      l.clamp_low = 1;
      l.clamp_high = 200;
      return l;
    }
    sc_signal<bool> begin{"begin"}, enable{"enable"}, last{"last"};
    sc_signal<Bus<std::int32_t>> sums{"sums"};
    sc_signal<Bus<std::uint8_t>> output{"output"};
    Requantiser block{"requantiser", layer(), {1, 0, -2, 0, 1000}, 2};
  };
  reprise::test::run<Bench>(
      [](Bench& b) {
        b.begin.write(true);
        b.tick();
        b.begin.write(false);
        b.sums.write(bus(std::vector<std::int32_t>{26, -5, -9, -80, 0}));
        b.tick(2);
        CHECK(!b.last.read());
        CHECK(b.block.operations() == 0);
        b.enable.write(true);
        b.tick();
        CHECK(b.output.read().lanes == std::vector<std::uint8_t>{30, 9, 0, 0, 0});
        CHECK(!b.last.read());
        b.tick();
        CHECK(b.last.read());
        b.tick();
        b.enable.write(false);
        // 27 x 3/4 = 20.25; -5/4 = -1.25; -11/4 = -2.75; clamped; clamped
        CHECK(b.output.read().lanes == std::vector<std::uint8_t>{30, 9, 7, 1, 200});
        CHECK(b.block.operations() == 5);
      },
      kLimit);
}
