#include <catch2/catch.hpp>

#include <limits>
#include <numeric>

#include "tests/network/onnx_builder.h"

namespace {

using namespace reprise;
using namespace reprise::test;

Floats count_up(std::size_t count) {
  Floats values(count);
  std::iota(values.begin(), values.end(), 1.0F);
  return values;
}

template <typename Operation>
const Operation& operation(const Graph& graph, std::size_t node) {
  return std::get<Operation>(graph.nodes.at(node).operation);
}

/// Runs one node on an input.
template <typename Setup>
Floats run_node(const std::string& type, const Sizes& shape, const Floats& input, Setup setup, int opset = 13) {
  OnnxBuilder builder(shape, opset);
  const auto node = builder.node(type, {"input"});
  setup(node, builder);
  return run(builder, input);
}

Floats run_node(const std::string& type, const Sizes& shape, const Floats& input) {
  return run_node(type, shape, input, [](auto, auto&) {});
}

const Floats kNine = count_up(9);  // 1 2 3 / 4 5 6 / 7 8 9

TEST_CASE("a convolution multiplies, adds and strides") {
  OnnxBuilder builder({1, 1, 3, 3});
  builder.constant("w", {2, 1, 2, 2}, {1, 0, 0, 1, 0, 1, 1, 0});
  builder.constant("b", {2}, {100, 200});
  SECTION("plain") {
    builder.node("Conv", {"input", "w", "b"});
    CHECK(run(builder, kNine) == Floats{106, 108, 112, 114, 206, 208, 212, 214});
  }
  SECTION("without a bias") {
    builder.node("Conv", {"input", "w"});
    CHECK(run(builder, kNine) == Floats{6, 8, 12, 14, 6, 8, 12, 14});
  }
  SECTION("strides and uneven pads: top 1, left 0, bottom 0, right 1") {
    builder.node("Conv", {"input", "w"}).with("strides", Sizes{2, 2}).with("pads", Sizes{1, 0, 0, 1});
    CHECK(run(builder, kNine) == Floats{2, 0, 12, 6, 1, 3, 12, 9});
  }
  SECTION("dilations") {
    builder.node("Conv", {"input", "w"}).with("dilations", Sizes{2, 2});
    CHECK(run(builder, kNine) == Floats{10, 10});
  }
  SECTION("automatic padding") {
    SECTION("upper: the extra row at the end") {
      builder.node("Conv", {"input", "w"}).with("auto_pad", "SAME_UPPER");
      CHECK(run(builder, kNine) == Floats{6, 8, 3, 12, 14, 6, 7, 8, 9, 6, 8, 6, 12, 14, 9, 8, 9, 0});
    }
    SECTION("lower: the extra row at the beginning") {
      builder.node("Conv", {"input", "w"}).with("auto_pad", "SAME_LOWER");
      CHECK(run(builder, kNine) == Floats{1, 2, 3, 4, 6, 8, 7, 12, 14, 0, 1, 2, 1, 6, 8, 4, 12, 14});
    }
    SECTION("valid: none") {
      builder.node("Conv", {"input", "w"}).with("auto_pad", "VALID");
      CHECK(run(builder, kNine) == Floats{6, 8, 12, 14, 6, 8, 12, 14});
    }
    SECTION("same, with strides") {
      builder.node("Conv", {"input", "w"}).with("auto_pad", "SAME_UPPER").with("strides", Sizes{2, 2});
      CHECK(run(builder, kNine) == Floats{6, 3, 7, 9, 6, 6, 8, 0});
    }
  }
}

TEST_CASE("a convolution in groups keeps them apart") {
  OnnxBuilder builder({1, 2, 1, 2});
  SECTION("depthwise") {
    builder.constant("w", {2, 1, 1, 1}, {10, 100});
    builder.node("Conv", {"input", "w"}).with("group", 2);
    CHECK(run(builder, {1, 2, 3, 4}) == Floats{10, 20, 300, 400});
  }
  SECTION("two outputs a group") {
    builder.constant("w", {4, 1, 1, 2}, {1, 0, 0, 1, 1, 1, 2, 0});
    builder.node("Conv", {"input", "w"}).with("group", 2);
    CHECK(run(builder, {1, 2, 3, 4}) == Floats{1, 2, 7, 6});
  }
}

TEST_CASE("weights may be stored in any floating-point type") {
  OnnxBuilder builder({1, 1, 1, 2});
  SECTION("float32 in the typed field") {
    auto& w = builder.new_constant("w", {1, 1, 1, 2}, onnx::TensorProto::FLOAT);
    w.add_float_data(0.5F);
    w.add_float_data(-2.0F);
  }
  SECTION("double, raw") {
    const double values[2] = {0.5, -2.0};
    builder.new_constant("w", {1, 1, 1, 2}, onnx::TensorProto::DOUBLE).set_raw_data(values, sizeof(values));
  }
  SECTION("double in the typed field") {
    auto& w = builder.new_constant("w", {1, 1, 1, 2}, onnx::TensorProto::DOUBLE);
    w.add_double_data(0.5);
    w.add_double_data(-2.0);
  }
  SECTION("float16, raw") {
    const std::uint16_t values[2] = {0x3800, 0xC000};
    builder.new_constant("w", {1, 1, 1, 2}, onnx::TensorProto::FLOAT16).set_raw_data(values, sizeof(values));
  }
  SECTION("float16 in the typed field") {
    auto& w = builder.new_constant("w", {1, 1, 1, 2}, onnx::TensorProto::FLOAT16);
    w.add_int32_data(0x3800);
    w.add_int32_data(0xC000);
  }
  builder.node("Conv", {"input", "w"});
  CHECK(run(builder, {4, 1}) == Floats{0});
  CHECK(run(builder, {1, 1}) == Floats{-1.5F});
}

TEST_CASE("float16 numbers of every kind") {
  OnnxBuilder builder({1, 1, 1, 1});
  // 1, -65504 (largest), 2^-14 (smallest normal), 2^-24 (smallest), 1023 * 2^-24 (largest subnormal), -0, 1 + 2^-10
  const std::uint16_t halves[7] = {0x3C00, 0xFBFF, 0x0400, 0x0001, 0x03FF, 0x8000, 0x3C01};
  builder.new_constant("w", {7, 1, 1, 1}, onnx::TensorProto::FLOAT16).set_raw_data(halves, sizeof(halves));
  builder.node("Conv", {"input", "w"});
  const Graph graph = import(builder);
  CHECK(operation<FloatConvolution>(graph, 0).weights ==
        Floats{1.0F, -65504.0F, 6.103515625e-5F, 5.9604644775390625e-8F, 6.097555160522461e-5F, -0.0F, 1.0009765625F});
}

TEST_CASE("fully connected layers become convolutions over the whole of their input") {
  SECTION("Gemm: alpha * A * B' + beta * C") {
    OnnxBuilder builder({1, 2});
    builder.constant("w", {3, 2}, {1, 2, 3, 4, 5, 6});
    builder.constant("c", {3}, {1, 10, 100});
    builder.node("Gemm", {"input", "w", "c"}).with("transB", 1).with("alpha", 2.0F).with("beta", 0.5F);
    CHECK(run(builder, {1, 10}) == Floats{42.5F, 91, 180});
  }
  SECTION("Gemm without transposition and with one number for a bias") {
    OnnxBuilder builder({1, 2});
    builder.constant("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    builder.constant("c", {1}, {1000});
    builder.node("Gemm", {"input", "w", "c"});
    CHECK(run(builder, {1, 10}) == Floats{1041, 1052, 1063});
  }
  SECTION("MatMul and the addition of a bias are one layer") {
    OnnxBuilder builder({-1, 2});
    builder.constant("w", {2, 3}, {1, 2, 3, 4, 5, 6});
    builder.constant("c", {3}, {1000, 2000, 3000});
    builder.node("MatMul", {"input", "w"}, "product");
    builder.node("Add", {"c", "product"});
    CHECK(run(builder, {1, 10}) == Floats{1041, 2052, 3063});
    CHECK(import(builder).nodes.size() == 1);
  }
  SECTION("after flattening") {
    OnnxBuilder builder({1, 2, 2, 2});
    builder.constant("w", {1, 8}, count_up(8));
    builder.constant("shape", Sizes{0, -1});
    builder.constant("minus one", Sizes{-1});
    builder.constant("zero", Sizes{0});
    SECTION("Flatten") {
      builder.node("Flatten", {"input"}, "flat");
    }
    SECTION("Reshape") {
      builder.node("Reshape", {"input", "shape"}, "flat");
    }
    SECTION("Reshape to a computed shape") {
      builder.node("Shape", {"input"}, "dimensions");
      builder.node("Gather", {"dimensions", "zero"}, "batch").with("axis", 0);
      builder.node("Concat", {"batch", "minus one"}, "target").with("axis", 0);
      builder.node("Reshape", {"input", "target"}, "flat");
    }
    SECTION("Flatten, ReLU, dropout") {
      builder.node("Flatten", {"input"}, "raw");
      builder.node("Relu", {"raw"}, "positive");
      builder.node("Dropout", {"positive"}, "flat");
    }
    builder.node("Gemm", {"flat", "w"}).with("transB", 1);
    const Graph graph = import(builder);
    CHECK(run(builder, Floats(8, 1.0F)) == Floats{36});
    CHECK(run(builder, count_up(8)) == Floats{204});
    const auto& convolution = operation<FloatConvolution>(graph, graph.nodes.size() - 1);
    CHECK(convolution.window.kernel_height == 2);
    CHECK(convolution.window.kernel_width == 2);
    CHECK(graph.nodes.back().shape == Shape{1, 1, 1});
    for (const Node& node : graph.nodes) CHECK_FALSE(std::holds_alternative<FloatReshape>(node.operation));
  }
}

TEST_CASE("batch normalisation") {
  OnnxBuilder builder({1, 2, 1, 2});
  builder.constant("w", {2, 2, 1, 1}, {1, 0, 0, 1});
  builder.constant("b", {2}, {1, 2});
  builder.constant("scale", {2}, {2, 3});
  builder.constant("offset", {2}, {10, 20});
  builder.constant("mean", {2}, {1, 4});
  builder.constant("variance", {2}, {3, 8});
  const auto normalise = [&](const std::string& from, const std::string& to) {
    builder.node("BatchNormalization", {from, "scale", "offset", "mean", "variance"}, to).with("epsilon", 1.0F);
  };
  const Floats input{1, 3, 4, 10};
  SECTION("folds into the convolution before it") {  // factors 1 and 1, offsets 10 - 1 and 20 - 4
    builder.node("Conv", {"input", "w", "b"}, "conv").named("first");
    normalise("conv", "output");
    const Graph graph = import(builder);
    CHECK(graph.nodes.size() == 1);
    CHECK(graph.nodes[0].name == "first");
    CHECK(run(builder, input) == Floats{11, 13, 22, 28});
  }
  SECTION("stays where the convolution has another consumer") {
    builder.node("Conv", {"input", "w", "b"}, "conv");
    normalise("conv", "normal");
    builder.node("Add", {"conv", "normal"});
    CHECK(import(builder).nodes.size() == 3);
    CHECK(run(builder, input) == Floats{13, 17, 28, 40});
  }
  SECTION("stays where there is no convolution") {
    normalise("input", "output");
    CHECK(import(builder).nodes.size() == 1);
    CHECK(run(builder, input) == Floats{10, 12, 20, 26});
  }
  SECTION("several in a row become one") {
    normalise("input", "once");
    normalise("once", "output");
    CHECK(import(builder).nodes.size() == 1);
    CHECK(run(builder, input) == Floats{19, 21, 36, 42});
  }
}

TEST_CASE("activation functions") {
  const Sizes shape{1, 1, 1, 5};
  const Floats input{-8, -1, 0, 2, 9};
  CHECK(run_node("Relu", shape, input) == Floats{0, 0, 0, 2, 9});
  CHECK(run_node("LeakyRelu", shape, input, [](auto node, auto&) { node.with("alpha", 0.25F); }) ==
        Floats{-2, -0.25F, 0, 2, 9});
  CHECK(run_node("LeakyRelu", shape, input)[0] == -0.08F);
  CHECK(run_node(
            "Clip", shape, input, [](auto node, auto&) { node.with("min", 0.0F).with("max", 6.0F); }, 10) ==
        Floats{0, 0, 0, 2, 6});
  CHECK(run_node("Clip", shape, input, [](auto node, auto& builder) {
          builder.constant("low", {}, {-2});
          builder.constant("high", {}, {1});
          node.node.add_input("low");
          node.node.add_input("high");
        }) == Floats{-2, -1, 0, 1, 1});
  CHECK(run_node("Clip", shape, input, [](auto node, auto& builder) {
          builder.constant("high", {}, {1});
          node.node.add_input("");
          node.node.add_input("high");
        }) == Floats{-8, -1, 0, 1, 1});
  CHECK(run_node("Clip", shape, input) == input);
}

TEST_CASE("pooling") {
  const Sizes shape{1, 1, 3, 3};
  const auto pool = [&](const std::string& type, auto setup) {
    return run_node(type, shape, kNine, [&](auto node, auto&) { setup(node.with("kernel_shape", Sizes{2, 2})); });
  };
  const auto plain = [](auto) {};
  const auto strided = [](auto node) { node.with("strides", Sizes{2, 2}); };
  const auto padded = [](auto node) { node.with("strides", Sizes{2, 2}).with("pads", Sizes{1, 1, 0, 0}); };
  const auto ceiled = [](auto node) { node.with("strides", Sizes{2, 2}).with("ceil_mode", 1); };

  CHECK(pool("MaxPool", plain) == Floats{5, 6, 8, 9});
  CHECK(pool("MaxPool", strided) == Floats{5});
  CHECK(pool("MaxPool", padded) == Floats{1, 3, 7, 9});
  CHECK(pool("MaxPool", ceiled) == Floats{5, 6, 8, 9});
  CHECK(pool("MaxPool", [](auto node) { node.with("dilations", Sizes{2, 2}); }) == Floats{9});
  CHECK(pool("MaxPool", [](auto node) { node.with("auto_pad", "SAME_UPPER"); }) == Floats{5, 6, 6, 8, 9, 9, 8, 9, 9});
  CHECK(pool("AveragePool", plain) == Floats{3, 4, 6, 7});
  CHECK(pool("AveragePool", padded) == Floats{1, 2.5F, 5.5F, 7});
  CHECK(pool("AveragePool", [&](auto node) {
          padded(node);
          node.with("count_include_pad", 1);
        }) == Floats{0.25F, 1.25F, 2.75F, 7});
  CHECK(pool("AveragePool", ceiled) == Floats{3, 4.5F, 7.5F, 9});
  // The declared padding counts, the overhang of the last windows does not: 2 / 6 4.5 / 7.5 9.
  CHECK(pool("AveragePool", [&](auto node) {
          ceiled(node);
          node.with("count_include_pad", 1);
        }) == Floats{3, 4.5F, 7.5F, 9});
  CHECK(run_node("GlobalAveragePool", shape, kNine) == Floats{5});
  CHECK(run_node("GlobalMaxPool", shape, kNine) == Floats{9});
  CHECK(run_node("ReduceMean", shape, kNine, [](auto node, auto&) { node.with("axes", Sizes{-1, 2}); }) == Floats{5});
}

TEST_CASE("a last window that would begin in the padding behind the input is left out") {
  const Graph graph = [] {
    OnnxBuilder builder({1, 1, 2, 2});
    builder.node("MaxPool", {"input"})
        .with("kernel_shape", Sizes{2, 2})
        .with("strides", Sizes{3, 3})
        .with("pads", Sizes{1, 1, 1, 1})
        .with("ceil_mode", 1);
    return import(builder);
  }();
  CHECK(graph.nodes[0].shape == Shape{1, 1, 1});
}

TEST_CASE("maxima of negative numbers are not those of the padding") {
  CHECK(run_node("MaxPool", {1, 1, 1, 2}, {-3, -5}, [](auto node, auto&) {
          node.with("kernel_shape", Sizes{2, 2}).with("pads", Sizes{1, 1, 1, 1});
        }) == Floats{-3, -3, -5, -3, -3, -5});
}

TEST_CASE("arithmetic with constants") {
  const auto apply = [](const std::string& type, bool constant_first, const Sizes& shape, const Floats& values) {
    OnnxBuilder builder({1, 2, 1, 2});
    builder.constant("c", shape, values);
    builder.node(type,
                 constant_first ? std::vector<std::string>{"c", "input"} : std::vector<std::string>{"input", "c"});
    return run(builder, {1, 2, 3, 4});
  };
  CHECK(apply("Add", false, {}, {10}) == Floats{11, 12, 13, 14});
  CHECK(apply("Add", true, {2, 1, 1}, {10, 20}) == Floats{11, 12, 23, 24});
  CHECK(apply("Sub", false, {1, 2, 1, 1}, {10, 20}) == Floats{-9, -8, -17, -16});
  CHECK(apply("Sub", true, {1}, {10}) == Floats{9, 8, 7, 6});
  CHECK(apply("Mul", false, {2, 1, 1}, {10, -1}) == Floats{10, 20, -3, -4});
  CHECK(apply("Div", false, {1, 1}, {4}) == Floats{0.25F, 0.5F, 0.75F, 1});
}

TEST_CASE("constants fold into the convolution before them, in order") {
  OnnxBuilder builder({1, 1, 1, 2});
  builder.constant("w", {2, 1, 1, 1}, {1, 2});
  builder.constant("two", {}, {2});
  builder.constant("c", {2, 1, 1}, {10, 20});
  builder.node("Conv", {"input", "w"}, "a");
  builder.node("Mul", {"a", "two"}, "b");
  builder.node("Add", {"b", "c"}, "d");
  builder.node("Sub", {"c", "d"});
  CHECK(import(builder).nodes.size() == 1);
  CHECK(run(builder, {1, 3}) == Floats{-2, -6, -4, -12});
}

TEST_CASE("a constant does not fold into a convolution that already serves others") {
  OnnxBuilder builder({1, 1, 1, 1});
  builder.constant("w", {1, 1, 1, 1}, {1});
  builder.constant("two", {}, {2});
  builder.node("Conv", {"input", "w"}, "a");
  builder.node("Mul", {"a", "two"}, "b");
  builder.node("Mul", {"b", "two"}, "c");
  builder.node("Add", {"b", "c"});
  CHECK(import(builder).nodes.size() == 3);
  CHECK(run(builder, {1}) == Floats{6});
}

TEST_CASE("constants after flattening are per feature") {
  OnnxBuilder builder({1, 2, 1, 2});
  builder.node("Flatten", {"input"}, "f");
  SECTION("one for all") {
    builder.constant("c", {1}, {10});
    builder.node("Mul", {"f", "c"});
    CHECK(run(builder, {1, 2, 3, 4}) == Floats{10, 20, 30, 40});
  }
  SECTION("one each") {
    builder.constant("c", {4}, {1, 10, 100, 1000});
    builder.node("Mul", {"f", "c"});
    CHECK(run(builder, {1, 2, 3, 4}) == Floats{1, 20, 300, 4000});
  }
}

TEST_CASE("sums of activations") {
  OnnxBuilder builder({1, 2, 1, 2});
  builder.node("Relu", {"input"}, "r");
  SECTION("Add") {
    builder.node("Add", {"input", "r"});
    CHECK(run(builder, {1, -2, 3, -4}) == Floats{2, -2, 6, -4});
  }
  SECTION("Sum of three") {
    builder.node("Sum", {"input", "r", "r"});
    CHECK(run(builder, {1, -2, 3, -4}) == Floats{3, -2, 9, -4});
  }
  SECTION("of a tensor with itself") {
    builder.node("Add", {"r", "r"});
    CHECK(run(builder, {1, -2, 3, -4}) == Floats{2, 0, 6, 0});
  }
  SECTION("of flattened tensors") {
    builder.node("Flatten", {"input"}, "f");
    builder.node("Flatten", {"r"}, "g");
    builder.node("Add", {"f", "g"});
    CHECK(run(builder, {1, -2, 3, -4}) == Floats{2, -2, 6, -4});
  }
}

TEST_CASE("concatenation, slices and pads") {
  SECTION("Concat") {
    OnnxBuilder builder({1, 1, 1, 2});
    builder.node("Relu", {"input"}, "r");
    builder.node("Concat", {"r", "input", "r"}).with("axis", -3);
    CHECK(run(builder, {-1, 2}) == Floats{0, 2, -1, 2, 0, 2});
  }
  const Sizes shape{1, 2, 3, 3};
  const Floats input = count_up(18);
  SECTION("Slice with inputs: every second row, columns from the last but one, the last channel") {
    OnnxBuilder builder(shape);
    builder.constant("starts", Sizes{0, -2, -1});
    builder.constant("ends", Sizes{std::numeric_limits<std::int64_t>::max(), 100, 2});
    builder.constant("axes", Sizes{2, -1, 1});
    builder.constant("steps", Sizes{2, 1, 1});
    builder.node("Slice", {"input", "starts", "ends", "axes", "steps"});
    CHECK(run(builder, input) == Floats{11, 12, 17, 18});
  }
  SECTION("Slice with attributes") {
    OnnxBuilder builder(shape, 9);
    builder.node("Slice", {"input"}).with("starts", Sizes{0, 1, 0, 1}).with("ends", Sizes{1, 2, 2, -1});
    CHECK(run(builder, input) == Floats{11, 14});
  }
  SECTION("Slice of everything is nothing") {
    OnnxBuilder builder(shape, 9);
    builder.node("Slice", {"input"}, "s").with("starts", Sizes{0}).with("ends", Sizes{9}).with("axes", Sizes{2});
    builder.node("Relu", {"s"});
    CHECK(import(builder).nodes.size() == 1);
  }
  SECTION("Pad with inputs") {
    OnnxBuilder builder({1, 1, 1, 2});
    builder.constant("pads", Sizes{0, 1, 0, 1, 0, 0, 1, 0});
    builder.constant("value", {}, {7});
    builder.node("Pad", {"input", "pads", "value"});
    CHECK(run(builder, {1, 2}) == Floats{7, 7, 7, 7, 7, 7, 7, 1, 2, 7, 7, 7});
  }
  SECTION("Pad with attributes") {
    OnnxBuilder builder({1, 1, 1, 2}, 10);
    builder.node("Pad", {"input"}).with("pads", Sizes{0, 0, 0, 0, 0, 1, 0, 0});
    CHECK(run(builder, {1, 2}) == Floats{1, 2, 0, 0});
  }
}

TEST_CASE("axes of size 1 come, go and move without a trace") {
  OnnxBuilder builder({1, 1, 2, 3});
  builder.constant("axes", Sizes{1});
  builder.constant("w", {1, 2, 1, 1}, {1, 10});
  SECTION("Squeeze and Unsqueeze") {
    builder.node("Squeeze", {"input", "axes"}, "s");
    builder.constant("last", Sizes{-1});
    builder.node("Unsqueeze", {"s", "last"}, "t");  // [1, 2, 3, 1]
  }
  SECTION("Transpose") {
    builder.node("Transpose", {"input"}, "t").with("perm", Sizes{0, 2, 3, 1});
  }
  builder.node("Conv", {"t", "w"});
  const Graph graph = import(builder);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(std::holds_alternative<FloatReshape>(graph.nodes[0].operation));
  CHECK(graph.nodes[0].shape == Shape{2, 3, 1});
  CHECK(run(builder, {1, 2, 3, 4, 5, 6}) == Floats{41, 52, 63});
}

TEST_CASE("an output that was flattened is reshaped at last, once") {
  OnnxBuilder builder({1, 2, 1, 2});
  builder.node("Relu", {"input"}, "r");
  builder.node("Flatten", {"r"});
  const Graph graph = import(builder);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.nodes[1].shape == Shape{4, 1, 1});
}

TEST_CASE("a final softmax, identities and dead ends are left out") {
  const std::string last = GENERATE(as<std::string>{}, "Softmax", "LogSoftmax");
  OnnxBuilder builder({1, 3});
  builder.node("Identity", {"input"}, "i");
  builder.node("NoSuchOperator", {"input"}, "nobody needs this");
  builder.node("Dropout", {"i"}, "d");
  builder.node("Relu", {"d"}, "r");
  builder.node(last, {"r"});
  const Graph graph = import(builder);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].name == "relu3");
}

TEST_CASE("nodes may stand in any order and get unique names") {
  OnnxBuilder builder({1, 1, 1, 1});
  builder.constant("w", {1, 1, 1, 1}, {3});
  builder.node("Add", {"a", "b"}).named("same");
  builder.node("Conv", {"input", "w"}, "b").named("same");
  builder.node("Relu", {"b"}, "a").named("conv1");
  const Graph graph = import(builder);
  REQUIRE(graph.nodes.size() == 3);
  CHECK(graph.nodes[0].name == "conv1_");
  CHECK(graph.nodes[1].name == "conv1");
  CHECK(graph.nodes[2].name == "same");
  CHECK(graph.name == "net");
  CHECK(run(builder, {2}) == Floats{12});
}

TEST_CASE("constants may be nodes, and inputs of old files") {
  OnnxBuilder builder({1, 1, 1, 1}, 12);
  SECTION("an initialiser that is listed as an input") {
    builder.constant("w", {1, 1, 1, 1}, {3});
    OnnxBuilder::declare(builder.model.mutable_graph()->add_input(), "w", {1, 1, 1, 1});
    builder.model.set_ir_version(3);
  }
  SECTION("a Constant") {
    auto& tensor = *builder.node("Constant", {}, "w").add("value", onnx::AttributeProto::TENSOR).mutable_t();
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (int i = 0; i < 4; ++i) tensor.add_dims(1);
    tensor.add_float_data(3.0F);
  }
  builder.node("Conv", {"input", "w"}, "c");
  builder.node("Constant", {}, "offset").with("value_float", 0.5F);
  builder.node("Add", {"c", "offset"});
  CHECK(run(builder, {2}) == Floats{6.5F});
  CHECK(import(builder).nodes.size() == 1);
}

TEST_CASE("multiply-accumulates are those of the convolutions") {
  OnnxBuilder builder({1, 4, 6, 6});
  builder.constant("w", {8, 2, 3, 3}, Floats(144, 1.0F));
  builder.constant("v", {10, 128}, Floats(1280, 1.0F));
  builder.node("Conv", {"input", "w"}, "c").with("group", 2);
  builder.node("Relu", {"c"}, "r");
  builder.node("Flatten", {"r"}, "f");
  builder.node("Gemm", {"f", "v"}).with("transB", 1);
  const Graph graph = import(builder);
  CHECK(multiply_accumulates(graph) == 8 * 16 * 2 * 9 + 1280);
  CHECK(multiply_accumulates(graph, graph.nodes[1]) == 0);
}

}  // namespace
