// Every kind of layer of the vector unit by hand: the examples of docs/weight_image.md and the borders of windows.
#include <catch2/catch.hpp>

#include "tlm/vector_unit.h"

using namespace reprise;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// A tensor as it lies in a layer buffer: rows of [column][channel].
struct Tensor {
  Shape shape;
  int zero_point;
  std::vector<Bytes> rows;
};

/// One layer whose inputs are the outputs of layers of their own.
struct Bench {
  NetworkDescription network;
  std::vector<Tensor> inputs;
  std::vector<InputRows> rows;

  Bench(Operation operation, std::vector<Tensor> tensors, const Shape& shape) : inputs(std::move(tensors)) {
    for (const Tensor& input : inputs) {
      Layer source;
      source.shape = input.shape;
      source.quantisation.zero_point = input.zero_point;
      network.layers.push_back(source);
      rows.emplace_back();
      for (const Bytes& row : input.rows) rows.back().push_back(row.data());
    }
    Layer layer;
    layer.operation = std::move(operation);
    for (int i = 0; i < static_cast<int>(inputs.size()); ++i) layer.inputs.push_back(i);
    layer.shape = shape;
    network.layers.push_back(layer);
  }

  Layer& layer() { return network.layers.back(); }
  VectorUnit unit() const { return {network, static_cast<int>(network.layers.size()) - 1}; }
  Bytes row(int y) const {
    const Shape& shape = network.layers.back().shape;
    Bytes output(static_cast<std::size_t>(shape.width * shape.channels), 0xEE);
    unit().make_row(y, rows, output.data());
    return output;
  }
};

/// 2 x 2 taps over 3 x 3 pixels in steps of 2, which stick out at the end.
constexpr SlidingWindow kOverhang{2, 2, 2, 2, 1, 1, 0, 0, 0, 0};

}  // namespace

TEST_CASE("max pooling takes the largest of what lies in the input") {
  const Tensor input{{1, 3, 3}, 5, {{7, 200, 13}, {0, 1, 2}, {3, 4, 5}}};
  const Bench bench(MaxPoolLayer{kOverhang}, {input}, {1, 2, 2});
  CHECK(bench.row(0) == Bytes{200, 13});
  CHECK(bench.row(1) == Bytes{4, 5});
}

TEST_CASE("max pooling keeps channels apart and leaves the padding out") {
  const Tensor input{{2, 1, 2}, 0, {{1, 9, 3, 8}}};
  const Bench bench(MaxPoolLayer{{1, 2, 1, 1, 1, 1, 0, 1, 0, 0}}, {input}, {2, 1, 2});
  CHECK(bench.row(0) == Bytes{1, 9, 3, 9});
}

TEST_CASE("average pooling divides by the positions that count") {
  const std::vector<FixedPoint> factors{{1, 1}, {1, 1}, {1431655765, 32}, {1, 2}};
  const Tensor three{{1, 1, 3}, 1, {{10, 20, 31}}};
  const Bench row_of_three(AveragePoolLayer{{1, 3, 1, 1, 1, 1, 0, 0, 0, 0}, false, factors}, {three}, {1, 1, 1});
  CHECK(row_of_three.row(0) == Bytes{19});  // (9 + 19 + 30) / 3

  // 2 x 2 taps with one row and column of padding before: the corner has one tap inside and four that count if the
  // padding does. Factors as if n were 1, 2, 3, 4 times the sum.
  const std::vector<FixedPoint> times{{2, 1}, {4, 1}, {6, 1}, {8, 1}};
  const Tensor corner{{1, 2, 2}, 0, {{3, 5}, {7, 11}}};
  const SlidingWindow padded{2, 2, 2, 2, 1, 1, 1, 1, 0, 0};
  const Bench without(AveragePoolLayer{padded, false, times}, {corner}, {1, 2, 2});
  CHECK(without.row(0) == Bytes{3, 5});
  CHECK(without.row(1) == Bytes{7, 11});  // the overhang at the end never counts
  const Bench with(AveragePoolLayer{padded, true, times}, {corner}, {1, 2, 2});
  CHECK(with.row(0) == Bytes{12, 10});  // 4 x 3; the column beyond the end does not count: 2 x 5
  CHECK(with.row(1) == Bytes{14, 11});
}

TEST_CASE("elementwise layers weigh, add, round and clamp") {
  ElementwiseLayer add;
  add.multipliers = {{128, 1}, {64, -1}};
  add.offset = {0, -128};
  add.shift = 8;
  Bench bench(add, {{{2, 1, 1}, 2, {{12, 2}}}, {{2, 1, 1}, 1, {{9, 1}}}}, {2, 1, 1});
  bench.layer().quantisation.zero_point = 3;
  CHECK(bench.row(0) == Bytes{10, 3});  // floor((1280 + 512 + 128) / 256) = 7; -128 + 128 is none
  bench.layer().clamp_low = 4;
  bench.layer().clamp_high = 9;
  CHECK(bench.row(0) == Bytes{9, 4});
  CHECK(bench.unit().operations() == 4);
}

TEST_CASE("concatenation scales each input by itself") {
  const ConcatLayer concat{{{3, 2}, {2, 1}}};
  const Bench bench(concat, {{{1, 1, 2}, 2, {{10, 2}}}, {{2, 1, 2}, 4, {{4, 5, 6, 7}}}}, {3, 1, 2});
  CHECK(bench.row(0) == Bytes{6, 0, 1, 0, 2, 3});
  CHECK(bench.unit().operations() == 3);
}

TEST_CASE("tables, slices, pads and reshapes move values") {
  LookupLayer inverts;
  for (std::size_t i = 0; i < 256; ++i) inverts.table[i] = static_cast<std::uint8_t>(255 - i);
  CHECK(Bench(inverts, {{{1, 1, 2}, 0, {{1, 254}}}}, {1, 1, 2}).row(0) == Bytes{254, 1});

  const Tensor rows{{2, 2, 3}, 0, {{0, 1, 2, 3, 4, 5}, {10, 11, 12, 13, 14, 15}}};
  const SliceLayer slice{{1, 1, 0}, {1, 1, 2}};
  CHECK(Bench(slice, {rows}, {1, 1, 2}).row(0) == Bytes{11, 15});

  const PadLayer pad{{1, 1, 1}, 9};
  const Bench padded(pad, {{{1, 1, 2}, 0, {{5, 6}}}}, {2, 2, 4});
  CHECK(padded.row(0) == Bytes(8, 9));
  CHECK(padded.row(1) == Bytes{9, 9, 9, 5, 9, 6, 9, 9});

  // [channel][row][column]: 0 2 4 10 12 14 | 1 3 5 11 13 15.
  const Bench reshaped(ReshapeLayer{}, {rows}, {3, 2, 2});
  CHECK(reshaped.row(0) == Bytes{0, 12, 5, 2, 14, 11});
  CHECK(reshaped.row(1) == Bytes{4, 1, 13, 10, 3, 15});
}

TEST_CASE("a window takes its operations over the lanes, at least one cycle") {
  const Tensor input{{5, 3, 3}, 0, {}};
  const VectorUnit pool = Bench(MaxPoolLayer{kOverhang}, {input}, {5, 2, 2}).unit();
  CHECK(pool.operations() == 20);  // 5 channels x 4 taps, those outside the input included
  CHECK(pool.window_cycles(1) == 20);
  CHECK(pool.window_cycles(8) == 3);
  CHECK(pool.window_cycles(20) == 1);
  CHECK(pool.window_cycles(32) == 1);
  CHECK(Bench(ReshapeLayer{}, {input}, {45, 1, 1}).unit().operations() == 45);
}
