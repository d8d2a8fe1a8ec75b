#include <catch2/catch.hpp>

#include <limits>
#include <random>

#include "tests/network/onnx_builder.h"

namespace {

using namespace reprise;
using namespace reprise::test;
using Catch::Contains;

/// Convolution of a 1 x 1 x 4 x 4 input, ready to be broken.
OnnxBuilder sound_model() {
  OnnxBuilder builder({1, 1, 4, 4});
  builder.constant("w", {4, 1, 3, 3}, Floats(36, 1.0F));
  builder.node("Conv", {"input", "w"}).named("first");
  return builder;
}

onnx::TensorProto& weights(OnnxBuilder& builder) {
  return *builder.model.mutable_graph()->mutable_initializer(0);
}
onnx::NodeProto& node(OnnxBuilder& builder) {
  return *builder.model.mutable_graph()->mutable_node(0);
}

TEST_CASE("files that are none") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(import_onnx(folder.path() / "absent.onnx"), Contains("absent.onnx: no such file"));
  CHECK_THROWS_WITH(import_onnx(folder.path()), Contains("not a file"));
  CHECK_THAT(import_error(""), Contains("not an ONNX model"));
  CHECK_THAT(import_error("# a text file\n"), Contains("not an ONNX model"));
  CHECK_THAT(import_error(std::string("\x89HDF\r\n\x1a\n\0\0\0\0", 12)), Contains("not an ONNX model"));
}

TEST_CASE("a truncated file is refused, whatever its length") {
  const std::string bytes = sound_model().bytes();
  REQUIRE(import_error(bytes).empty());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO("length " << length << " of " << bytes.size());
    const std::string error = import_error(bytes.substr(0, length));
    CHECK_FALSE(error.empty());
    CHECK(error.find('\n') == std::string::npos);
  }
}

TEST_CASE("damaged files give an InputError or a network, never anything else") {
  const std::string bytes = sound_model().bytes();
  std::mt19937 random(20);
  for (int i = 0; i < 5000; ++i) {
    std::string damaged = bytes;
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int j = 0; j < changes; ++j) damaged[random() % damaged.size()] = static_cast<char>(random() & 0xFFU);
    INFO("round " << i);
    CHECK_NOTHROW(import_error(damaged));
  }
}

TEST_CASE("versions") {
  OnnxBuilder builder = sound_model();
  const auto set_opset = [&](std::int64_t version) { builder.model.mutable_opset_import(0)->set_version(version); };
  SECTION("a newer IR") {
    builder.model.set_ir_version(10);
    CHECK_THAT(import_error(builder), Contains("IR version 10") && Contains("export it with an opset from 7 to 17"));
  }
  SECTION("an ancient IR") {
    builder.model.set_ir_version(2);
    CHECK_THAT(import_error(builder), Contains("IR version 2"));
  }
  SECTION("opset 18") {
    set_opset(18);
    CHECK_THAT(import_error(builder), Contains("opset 18: export it with an opset from 7 to 17"));
  }
  SECTION("opset 6") {
    set_opset(6);
    CHECK_THAT(import_error(builder), Contains("opset 6"));
  }
  SECTION("none") {
    builder.model.clear_opset_import();
    CHECK_THAT(import_error(builder), Contains("does not say which ONNX opset"));
  }
  SECTION("of another domain only") {
    builder.model.mutable_opset_import(0)->set_domain("com.example");
    CHECK_THAT(import_error(builder), Contains("does not say which ONNX opset"));
  }
  SECTION("all that are supported") {
    for (int opset = 7; opset <= 17; ++opset) {
      set_opset(opset);
      CHECK(import_error(builder).empty());
    }
  }
}

TEST_CASE("inputs and outputs") {
  OnnxBuilder builder = sound_model();
  onnx::GraphProto& graph = *builder.model.mutable_graph();
  const auto set_input = [&](const Sizes& shape) {
    graph.mutable_input(0)->Clear();
    OnnxBuilder::declare(graph.mutable_input(0), "input", shape);
  };
  SECTION("two inputs") {
    OnnxBuilder::declare(graph.add_input(), "mask", {1, 1});
    CHECK_THAT(import_error(builder), Contains("2 inputs (input, mask), expected one"));
  }
  SECTION("no input") {
    graph.clear_input();
    CHECK_THAT(import_error(builder), Contains("0 inputs"));
  }
  SECTION("two outputs") {
    graph.add_output()->set_name("more");
    CHECK_THAT(import_error(builder), Contains("2 outputs (output, more), expected one"));
  }
  SECTION("no output") {
    graph.clear_output();
    CHECK_THAT(import_error(builder), Contains("0 outputs"));
  }
  SECTION("a batch of several") {
    set_input({8, 1, 4, 4});
    CHECK_THAT(import_error(builder), Contains("'input' has shape [8, 1, 4, 4]"));
  }
  SECTION("a free size") {
    set_input({1, 1, -1, 4});
    CHECK_THAT(import_error(builder), Contains("dimension 2 ('N') of unknown size"));
  }
  SECTION("no values") {
    set_input({1, 1, 4, 4});
    graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(2)->set_dim_value(0);
    CHECK_THAT(import_error(builder), Contains("has shape [1, 1, 0, 4], expected dimensions of at least 1"));
  }
  SECTION("more values than memory") {
    set_input({1, 1 << 20, 1 << 20, 1 << 30});
    CHECK_THAT(import_error(builder), Contains("at most 268435456 elements"));
  }
  SECTION("five dimensions") {
    set_input({1, 1, 1, 4, 4});
    CHECK_THAT(import_error(builder), Contains("[1, 1, 1, 4, 4], expected [1, channels, height, width]"));
  }
  SECTION("integers") {
    graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
    CHECK_THAT(import_error(builder), Contains("'input' has data type UINT8, expected FLOAT"));
  }
  SECTION("no shape") {
    graph.mutable_input(0)->clear_type();
    CHECK_THAT(import_error(builder), Contains("'input' has no shape"));
  }
  SECTION("an output that nobody makes") {
    graph.mutable_output(0)->set_name("logits");
    CHECK_THAT(import_error(builder), Contains("no node makes the network's output 'logits'"));
  }
  SECTION("an output of another shape than declared") {
    graph.mutable_output(0)->Clear();
    OnnxBuilder::declare(graph.mutable_output(0), "output", {-1, 4, 2, 3});
    CHECK_THAT(import_error(builder), Contains("shape [-1, 4, 2, 3]") && Contains("make [1, 4, 2, 2]"));
  }
  SECTION("an output that does not depend on the input") {
    node(builder).Clear();
    builder.model.mutable_graph()->clear_node();
    builder.node("Identity", {"w"});
    CHECK_THAT(import_error(builder), Contains("does not depend on its input"));
  }
  SECTION("no layers") {
    builder.model.mutable_graph()->clear_node();
    builder.node("Identity", {"input"});
    CHECK_THAT(import_error(builder), Contains("has no layers"));
  }
}

TEST_CASE("how nodes hang together") {
  OnnxBuilder builder({1, 1, 1, 1});
  SECTION("a tensor that nothing makes") {
    builder.node("Add", {"input", "ghost"}).named("sum");
    CHECK_THAT(import_error(builder), Contains("node 'sum' uses the tensor 'ghost', which nothing makes"));
  }
  SECTION("a cycle, and a node behind it") {
    builder.node("Relu", {"c"}).named("behind");
    builder.node("Add", {"input", "c"}, "a").named("one");
    builder.node("Relu", {"a"}, "b").named("two");
    builder.node("Relu", {"b"}, "c").named("three");
    const std::string error = import_error(builder);
    CHECK_THAT(error, Contains("depends on its own output"));
    CHECK_THAT(error, Contains("'one'") || Contains("'two'") || Contains("'three'"));
  }
  SECTION("a node that feeds itself") {
    builder.node("Add", {"input", "output"}).named("loop");
    CHECK_THAT(import_error(builder), Contains("node 'loop' depends on its own output"));
  }
  SECTION("two makers of one tensor") {
    builder.node("Relu", {"input"}).named("one");
    builder.node("Relu", {"input"}).named("two");
    CHECK_THAT(import_error(builder), Contains("node 'two' makes the tensor 'output', which is made elsewhere too"));
  }
  SECTION("two constants of one name") {
    builder.constant("w", {1}, {1});
    builder.constant("w", {1}, {2});
    builder.node("Add", {"input", "w"});
    CHECK_THAT(import_error(builder), Contains("two initialisers have the name 'w'"));
  }
  SECTION("the mask of a dropout") {
    auto dropout = builder.node("Dropout", {"input"}, "d");
    dropout.node.add_output("mask");
    builder.node("Add", {"d", "mask"});
    CHECK_THAT(import_error(builder), Contains("'mask' is not the first output of its node"));
  }
}

TEST_CASE("constants") {
  OnnxBuilder builder = sound_model();
  onnx::TensorProto& w = weights(builder);
  SECTION("too few bytes") {
    w.set_raw_data("12345678");
    CHECK_THAT(import_error(builder),
               Contains("node 'first' (Conv): tensor 'w' of shape [4, 1, 3, 3] has 8 bytes of data, expected 144"));
  }
  SECTION("too many bytes") {
    w.mutable_raw_data()->push_back('\0');
    CHECK_THAT(import_error(builder), Contains("has 145 bytes of data, expected 144"));
  }
  SECTION("too few values") {
    w.clear_raw_data();
    w.add_float_data(1.0F);
    CHECK_THAT(import_error(builder), Contains("has 1 values, expected 36"));
  }
  SECTION("the wrong type") {
    w.set_data_type(onnx::TensorProto::INT8);
    CHECK_THAT(import_error(builder), Contains("tensor 'w' has data type INT8, expected FLOAT"));
  }
  SECTION("no type") {
    w.set_data_type(77);
    CHECK_THAT(import_error(builder), Contains("data type number 77"));
  }
  SECTION("integers for weights") {
    w.set_data_type(onnx::TensorProto::INT32);
    CHECK_THAT(import_error(builder), Contains("input 'w' holds integers"));
  }
  SECTION("no elements") {
    w.set_dims(0, 0);
    CHECK_THAT(import_error(builder), Contains("tensor 'w' has shape [0, 1, 3, 3], expected dimensions of at least 1"));
  }
  SECTION("a negative size") {
    w.set_dims(1, -1);
    CHECK_THAT(import_error(builder), Contains("tensor 'w' has shape [4, -1, 3, 3]"));
  }
  SECTION("sizes whose product overflows") {
    w.set_dims(0, std::numeric_limits<std::int64_t>::max());
    w.set_dims(1, std::numeric_limits<std::int64_t>::max());
    CHECK_THAT(import_error(builder), Contains("at most 268435456 elements"));
  }
  SECTION("not a number") {
    Floats values(36, 1.0F);
    values[7] = GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity());
    w.set_raw_data(values.data(), 144);
    CHECK_THAT(import_error(builder), Contains("node 'first': its weights are not all finite"));
  }
  SECTION("data in another file") {
    w.set_data_location(onnx::TensorProto::EXTERNAL);
    CHECK_THAT(import_error(builder), Contains("tensor 'w' has its data in another file"));
  }
}

TEST_CASE("a variance below zero and a division by zero are not finite") {
  OnnxBuilder builder({1, 1, 1, 1});
  builder.constant("one", {1}, {1});
  SECTION("variance") {
    builder.constant("minus", {1}, {-1});
    builder.node("BatchNormalization", {"input", "one", "one", "one", "minus"}).named("bn");
    CHECK_THAT(import_error(builder), Contains("node 'bn': its factors are not all finite"));
  }
  SECTION("division") {
    builder.constant("zero", {1}, {0});
    builder.node("Div", {"input", "zero"}).named("div");
    CHECK_THAT(import_error(builder), Contains("node 'div': its factors are not all finite"));
  }
}

TEST_CASE("shapes that do not fit name the node and both shapes") {
  OnnxBuilder builder({1, 2, 4, 4});
  const auto check = [&](const std::string& a, const std::string& b) {
    const std::string error = import_error(builder);
    CHECK_THAT(error, Contains("node 'bad'") && Contains(a) && Contains(b));
  };
  SECTION("Conv: channels") {
    builder.constant("w", {4, 3, 3, 3}, Floats(108));
    builder.node("Conv", {"input", "w"}).named("bad");
    check("[4, 3, 3, 3]", "[1, 2, 4, 4]");
  }
  SECTION("Conv: a kernel larger than the input") {
    builder.constant("w", {1, 2, 5, 5}, Floats(50));
    builder.node("Conv", {"input", "w"}).named("bad");
    check("spans 5 positions", "padded input of 4");
  }
  SECTION("Conv: bias") {
    builder.constant("w", {3, 2, 1, 1}, Floats(6));
    builder.constant("b", {2}, Floats(2));
    builder.node("Conv", {"input", "w", "b"}).named("bad");
    check("the bias has 2 elements", "expected 3");
  }
  SECTION("Conv: kernel_shape") {
    builder.constant("w", {3, 2, 1, 1}, Floats(6));
    builder.node("Conv", {"input", "w"}).with("kernel_shape", Sizes{3, 3}).named("bad");
    check("[3, 3]", "[3, 2, 1, 1]");
  }
  SECTION("Gemm") {
    builder.constant("w", {3, 31}, Floats(93));
    builder.node("Flatten", {"input"}, "f");
    builder.node("Gemm", {"f", "w"}).with("transB", 1).named("bad");
    check("[1, 32]", "[3, 31]");
  }
  SECTION("MatMul") {
    builder.constant("w", {4, 3}, Floats(12));
    builder.node("MatMul", {"input", "w"}).named("bad");
    check("[1, 2, 4, 4]", "[4, 3]");
  }
  SECTION("Add") {
    builder.node("GlobalAveragePool", {"input"}, "g");
    builder.node("Add", {"input", "g"}).named("bad");
    check("[1, 2, 4, 4]", "[1, 2, 1, 1]");
  }
  SECTION("Add of a constant per row") {
    builder.constant("c", {4, 1}, Floats(4));
    builder.node("Add", {"input", "c"}).named("bad");
    check("[4, 1]", "[1, 2, 4, 4]");
  }
  SECTION("Mul by a constant of more dimensions") {
    builder.constant("c", {1, 1, 1, 1, 1}, Floats(1));
    builder.node("Mul", {"input", "c"}).named("bad");
    check("[1, 1, 1, 1, 1]", "[1, 2, 4, 4]");
  }
  SECTION("Concat") {
    builder.node("GlobalAveragePool", {"input"}, "g");
    builder.node("Concat", {"input", "g"}).with("axis", 1).named("bad");
    check("[1, 2, 4, 4]", "[1, 2, 1, 1]");
  }
  SECTION("Reshape") {
    builder.constant("shape", Sizes{1, 33});
    builder.node("Reshape", {"input", "shape"}).named("bad");
    check("[1, 2, 4, 4]", "[1, 33]");
  }
  SECTION("Reshape that moves the batch axis") {
    builder.constant("shape", Sizes{-1, 16});
    builder.node("Reshape", {"input", "shape"}).named("bad");
    check("[2, 16]", "batch axis");
  }
  SECTION("Transpose that moves values") {
    builder.node("Transpose", {"input"}).with("perm", Sizes{0, 2, 3, 1}).named("bad");
    check("[1, 2, 4, 4]", "[1, 4, 4, 2]");
  }
  SECTION("Transpose that exchanges axes of the same size") {
    builder.node("Transpose", {"input"}).with("perm", Sizes{0, 1, 3, 2}).named("bad");
    check("[1, 2, 4, 4]", "by [0, 1, 3, 2]");
  }
  SECTION("Gemm: bias") {
    builder.constant("w", {3, 32}, Floats(96));
    builder.constant("b", {3, 1}, Floats(3));
    builder.node("Flatten", {"input"}, "f");
    builder.node("Gemm", {"f", "w", "b"}).with("transB", 1).named("bad");
    check("[3, 1]", "[3]");
  }
  SECTION("Add of a number with more dimensions to a flattened tensor") {
    builder.constant("c", {1, 1, 1}, Floats(1));
    builder.node("Flatten", {"input"}, "f");
    builder.node("Add", {"f", "c"}).named("bad");
    check("[1, 1, 1]", "[1, 32]");
  }
  SECTION("Transpose by no permutation") {
    builder.node("Transpose", {"input"}).with("perm", Sizes{0, 1, 1, 7}).named("bad");
    check("[0, 1, 1, 7]", "[1, 2, 4, 4]");
  }
  SECTION("BatchNormalization") {
    builder.constant("c", {3}, Floats(3, 1.0F));
    builder.node("BatchNormalization", {"input", "c", "c", "c", "c"}).named("bad");
    check("3 elements", "expected 2");
  }
  SECTION("Squeeze of an axis that is not 1") {
    builder.constant("axes", Sizes{2});
    builder.node("Squeeze", {"input", "axes"}).named("bad");
    check("axis 2", "[1, 2, 4, 4]");
  }
}

TEST_CASE("attributes that are out of range or not supported") {
  OnnxBuilder builder({1, 2, 4, 4}, 9);
  builder.constant("w", {2, 2, 1, 1}, Floats(4));
  const auto check = [&](const std::string& reason) { CHECK_THAT(import_error(builder), Contains(reason)); };
  SECTION("strides of zero") {
    builder.node("Conv", {"input", "w"}).with("strides", Sizes{0, 1});
    check("attribute strides is [0, 1], expected values from 1");
  }
  SECTION("strides of one axis") {
    builder.node("Conv", {"input", "w"}).with("strides", Sizes{1});
    check("attribute strides has 1 values, expected 2");
  }
  SECTION("pads below zero") {
    builder.node("Conv", {"input", "w"}).with("pads", Sizes{0, -1, 0, 0});
    check("attribute pads is [0, -1, 0, 0]");
  }
  SECTION("pads that make the output enormous") {
    builder.node("Conv", {"input", "w"}).with("pads", Sizes{1 << 20, 1 << 20, 1 << 20, 1 << 20});
    check("at most 268435456 elements");
  }
  SECTION("groups of zero") {
    builder.node("Conv", {"input", "w"}).with("group", 0);
    check("0 group(s)");
  }
  SECTION("an unknown automatic padding") {
    builder.node("Conv", {"input", "w"}).with("auto_pad", "SAME");
    check("attribute auto_pad is 'SAME'");
  }
  SECTION("an attribute of the wrong type") {
    builder.node("Conv", {"input", "w"}).with("strides", 2);
    check("strides");
  }
  SECTION("an unknown attribute") {
    builder.node("Conv", {"input", "w"}).with("stride", Sizes{1, 1});
    check("Unrecognized attribute: stride");
  }
  SECTION("an attribute of a later opset") {
    builder.node("MaxPool", {"input"}).with("kernel_shape", Sizes{2, 2}).with("ceil_mode", 1);
    check("Unrecognized attribute: ceil_mode");
  }
  SECTION("pooling in nothing but padding") {
    builder.node("MaxPool", {"input"}).with("kernel_shape", Sizes{2, 2}).with("pads", Sizes{2, 0, 0, 0});
    check("window 0 lies in the padding altogether");
  }
  SECTION("a missing input") {
    builder.node("Conv", {"input"});
    check("Node");
  }
  SECTION("a missing attribute") {
    builder.node("MaxPool", {"input"});
    check("kernel_shape");
  }
  SECTION("Gemm of a transposed input") {
    builder.node("Flatten", {"input"}, "f");
    builder.constant("c", {2}, Floats(2));
    builder.node("Gemm", {"f", "w", "c"}).with("transA", 1);
    check("attribute transA is 1, only 0 is supported");
  }
  SECTION("weights that are computed") {
    builder.node("Relu", {"input"}, "r");
    builder.node("Conv", {"input", "r"});
    check("input 'r' is computed, expected a constant");
  }
  SECTION("an input that is constant") {
    builder.node("Conv", {"w", "w"}, "c");
    builder.node("Add", {"c", "input"});
    check("input 'w' is constant, expected an activation");
  }
  SECTION("Clip upside down") {
    builder.node("Clip", {"input"}).with("min", 2.0F).with("max", 1.0F);
    check("bounds are 2 and 1");
  }
  SECTION("reflecting pads") {
    builder.node("Pad", {"input"}).with("mode", "reflect").with("pads", Sizes{0, 0, 1, 1, 0, 0, 1, 1});
    check("only mode 'constant'");
  }
  SECTION("pads that crop") {
    builder.node("Pad", {"input"}).with("pads", Sizes{0, 0, -1, 0, 0, 0, 0, 0});
    check("none below zero");
  }
  SECTION("pads of the batch") {
    builder.node("Pad", {"input"}).with("pads", Sizes{1, 0, 0, 0, 0, 0, 0, 0});
    check("none on the batch axis");
  }
  SECTION("a slice of nothing") {
    builder.node("Slice", {"input"}).with("starts", Sizes{3}).with("ends", Sizes{2}).with("axes", Sizes{2});
    check("nothing is left of axis 2");
  }
  SECTION("a slice with too few ends") {
    builder.node("Slice", {"input"}).with("starts", Sizes{0, 0}).with("ends", Sizes{1});
    check("2 starts, 1 ends");
  }
  SECTION("a slice of an axis that is not there") {
    builder.node("Slice", {"input"}).with("starts", Sizes{0}).with("ends", Sizes{1}).with("axes", Sizes{4});
    check("axis 4 is outside a tensor of 4 dimensions");
  }
  SECTION("concatenation of rows") {
    builder.node("Concat", {"input", "input"}).with("axis", 2);
    check("only concatenation along the channels");
  }
  SECTION("a softmax in the middle") {
    builder.node("Softmax", {"input"}, "s");
    builder.node("Relu", {"s"});
    check("only supported as the network's last node");
  }
}

TEST_CASE("steps that go backwards are not supported") {
  OnnxBuilder builder({1, 2, 4, 4});
  builder.constant("starts", Sizes{3});
  builder.constant("ends", Sizes{0});
  builder.constant("axes", Sizes{2});
  builder.constant("steps", Sizes{-1});
  builder.node("Slice", {"input", "starts", "ends", "axes", "steps"});
  CHECK_THAT(import_error(builder), Contains("step -1, only steps of at least 1"));
}

TEST_CASE("every node that cannot be imported is listed, and no other") {
  OnnxBuilder builder({1, 1, 4, 4});
  builder.node("Sigmoid", {"input"}, "a").named("one");
  builder.node("Relu", {"a"}, "b").named("innocent");
  builder.node("Resize", {"b"}, "c").named("two");
  builder.node("Relu", {"input"}, "d");
  builder.node("MaxPool", {"d"}, "e").with("kernel_shape", Sizes{9, 9}).named("three");
  builder.node("Relu", {"input"}, "f").node.set_domain("com.example");
  builder.node("Sum", {"b", "c", "e", "f"});
  const std::string error = import_error(builder);
  CHECK(error ==
        "4 of the network's nodes cannot be imported\n"
        "  node 'one' (Sigmoid): the operator is not supported\n"
        "  node 'two' (Resize): the operator is not supported\n"
        "  node 'three' (MaxPool): a kernel that spans 9 positions does not fit a padded input of 4\n"
        "  node 'relu5' (Relu): the operator is not supported");
}

}  // namespace
