#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "compression/network/onnx_export.h"
#include "support/error.h"
#include "tests/platform/random_network.h"

// The exported file as a file: valid, of the right shapes, with the constants that follow by hand. What it computes,
// tests/onnxruntime checks.

namespace {

using namespace reprise;

/// An exported network that the format's own checker accepts, with the shapes that follow from its nodes.
class Exported {
 public:
  explicit Exported(const QuantisedNetwork& network) {
    model_.ParseFromString(export_onnx(network));
    onnx::checker::check_model(model_);
    onnx::shape_inference::InferShapes(model_, onnx::OpSchemaRegistry::Instance(), {true, 1, true});
  }

  const onnx::ModelProto& model() const { return model_; }

  std::vector<std::string> types() const {
    std::vector<std::string> types;
    for (const onnx::NodeProto& node : model_.graph().node()) types.push_back(node.op_type());
    return types;
  }
  int count(const std::string& type) const {
    const std::vector<std::string> all = types();
    return static_cast<int>(std::count(all.begin(), all.end(), type));
  }
  /// "1x28x28 ..." behind the batch axis; "" if the shape does not follow.
  std::string shape(const std::string& tensor) const {
    std::string text;
    const auto read = [&](const auto& values) {
      for (const onnx::ValueInfoProto& value : values) {
        if (value.name() != tensor) continue;
        text = value.type().tensor_type().shape().dim(0).dim_param();
        for (int i = 1; i < value.type().tensor_type().shape().dim_size(); ++i) {
          text += "x" + std::to_string(value.type().tensor_type().shape().dim(i).dim_value());
        }
      }
    };
    read(model_.graph().input());
    read(model_.graph().value_info());
    read(model_.graph().output());
    return text;
  }
  template <class T>
  std::vector<T> constant(const std::string& name) const {
    for (const onnx::TensorProto& tensor : model_.graph().initializer()) {
      if (tensor.name() != name) continue;
      std::vector<T> values(tensor.raw_data().size() / sizeof(T));
      std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
      return values;
    }
    FAIL("no constant " << name);
    return {};
  }
  std::vector<std::int64_t> attribute(const std::string& node_name, const std::string& name) const {
    for (const onnx::NodeProto& node : model_.graph().node()) {
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        if (node.name() != node_name || attribute.name() != name) continue;
        if (attribute.type() == onnx::AttributeProto::INT) return {attribute.i()};
        return {attribute.ints().begin(), attribute.ints().end()};
      }
    }
    FAIL("no attribute " << name << " of " << node_name);
    return {};
  }

 private:
  onnx::ModelProto model_;
};

/// A network of layers, each on the one before, if nothing else is said.
struct Maker {
  QuantisedNetwork network;

  explicit Maker(const Shape& input, const Quantisation& quantisation = {0.5, 0}) {
    network.description.name = "net";
    network.description.input_shape = input;
    network.description.input_quantisation = quantisation;
    network.description.preprocessing.mean = {0.0};
    network.description.preprocessing.standard_deviation = {1.0};
  }

  Layer& add(Operation operation, const Shape& shape, const Quantisation& quantisation,
             std::vector<std::int8_t> weights = {}) {
    NetworkDescription& net = network.description;
    Layer layer;
    layer.name = "layer" + std::to_string(net.layers.size());
    layer.operation = std::move(operation);
    layer.inputs = {static_cast<int>(net.layers.size()) - 1};
    layer.shape = shape;
    layer.quantisation = quantisation;
    network.weights.push_back(std::move(weights));
    net.layers.push_back(std::move(layer));
    return net.layers.back();
  }
};

/// Two outputs of a 1x3 kernel: factors 1/4 and 1/8 from sums to outputs.
ConvolutionLayer convolution() {
  ConvolutionLayer layer;
  layer.window = {1, 3, 1, 2, 1, 1, 0, 1, 0, 1};
  layer.bias = {7, -9};
  layer.requantisation = {{1, 2}, {1, 3}};
  return layer;
}

const std::vector<std::int8_t> kWeights{1, -2, 3, 4, 5, -128};

TEST_CASE("an exported convolution") {
  Maker maker({1, 1, 6}, {0.5, 10});
  Layer& layer = maker.add(convolution(), {2, 1, 3}, {3.0, 20}, kWeights);
  layer.clamp_low = 20;
  const Exported exported(maker.network);
  CHECK(exported.model().opset_import(0).version() == 13);
  CHECK(exported.model().ir_version() <= 8);
  CHECK(exported.types() == std::vector<std::string>{"QuantizeLinear", "DequantizeLinear", "DequantizeLinear",
                                                     "DequantizeLinear", "Conv", "Relu", "QuantizeLinear",
                                                     "DequantizeLinear", "Identity"});
  CHECK(exported.shape("input") == "batchx1x1x6");
  CHECK(exported.shape("logits") == "batchx2x1x3");
  // 0.5 x step / 3 is the factor: steps of 6 x 1/4 and 6 x 1/8.
  CHECK(exported.constant<float>("layer0/weights_scale") == std::vector<float>{1.5F, 0.75F});
  CHECK(exported.constant<float>("layer0/bias_scale") == std::vector<float>{0.75F, 0.375F});
  CHECK(exported.constant<std::int8_t>("layer0/weights_stored") == kWeights);
  CHECK(exported.constant<std::int32_t>("layer0/bias_stored") == std::vector<std::int32_t>{7, -9});
  CHECK(exported.constant<float>("input_scale") == std::vector<float>{0.5F});
  CHECK(exported.constant<std::uint8_t>("input_zero_point") == std::vector<std::uint8_t>{10});
  CHECK(exported.constant<float>("layer0/output_scale") == std::vector<float>{3.0F});
  CHECK(exported.constant<std::uint8_t>("layer0/output_zero_point") == std::vector<std::uint8_t>{20});
  CHECK(exported.attribute("layer0/convolution", "strides") == std::vector<std::int64_t>{1, 2});
  CHECK(exported.attribute("layer0/convolution", "pads") == std::vector<std::int64_t>{0, 1, 0, 1});
  CHECK(exported.attribute("layer0/convolution", "kernel_shape") == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("exported clamps are real bounds") {
  Maker maker({1, 1, 6});
  Layer& layer = maker.add(convolution(), {2, 1, 3}, {3.0, 20}, kWeights);
  layer.clamp_low = 18;
  layer.clamp_high = 25;
  const Exported exported(maker.network);
  CHECK(exported.constant<float>("layer0/low") == std::vector<float>{-6.0F});
  CHECK(exported.constant<float>("layer0/high") == std::vector<float>{15.0F});
  CHECK(exported.count("Clip") == 1);
  layer.clamp_low = 0;
  layer.clamp_high = 255;  // as QuantizeLinear does
  CHECK(Exported(maker.network).count("Clip") + Exported(maker.network).count("Relu") == 0);
}

TEST_CASE("exported factors below zero are slopes") {
  Maker maker({1, 1, 6});
  ConvolutionLayer leaky = convolution();
  leaky.negative_requantisation = {{1, 4}, {-1, 3}};
  maker.add(leaky, {2, 1, 3}, {3.0, 20}, kWeights);
  const Exported exported(maker.network);
  CHECK(exported.count("PRelu") == 1);
  CHECK(exported.constant<float>("layer0/slope") == std::vector<float>{0.25F, -1.0F});
  // Factors of zero or less have no step of their own.
  auto& odd = std::get<ConvolutionLayer>(maker.network.description.layers[0].operation);
  odd.requantisation = {{0, 2}, {-1, 3}};
  const Exported general(maker.network);
  CHECK(general.constant<float>("layer0/weights_scale") == std::vector<float>{6.0F, 0.75F});
  CHECK(general.constant<float>("layer0/above_scaled_factor") == std::vector<float>{0.0F, -1.0F});
  CHECK(general.constant<float>("layer0/below_scaled_factor") == std::vector<float>{0.0625F, -1.0F});
}

TEST_CASE("an exported input filter") {
  Maker maker({4, 1, 6});
  ConvolutionLayer filtered = convolution();
  filtered.groups = 2;  // 6 rows each: blocks of 4 and 2
  filtered.filter = InputFilter{4, 30, 5};
  const std::vector<std::int8_t> weights{1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, -6};
  maker.add(filtered, {2, 1, 3}, {3.0, 20}, weights);
  const Exported exported(maker.network);
  CHECK(exported.shape("layer0/im2col") == "batchx12x1x3");
  CHECK(exported.attribute("layer0/im2col", "group") == std::vector<std::int64_t>{4});
  const std::vector<float> taps = exported.constant<float>("layer0/taps");
  REQUIRE(taps.size() == 36);
  for (std::size_t i = 0; i < taps.size(); ++i) CHECK(taps[i] == (i / 3 % 3 == i % 3 ? 1.0F : 0.0F));
  using Integers = std::vector<std::int64_t>;
  CHECK(exported.constant<std::int64_t>("layer0/filled_rows_sizes") == Integers{0, 0, 0, 0, 0, 0, 2, 0});
  CHECK(exported.constant<std::int64_t>("layer0/blocks_shape") == Integers{-1, 4, 4, 3});
  CHECK(exported.constant<std::int64_t>("layer0/filtered_shape") == Integers{-1, 16, 1, 3});
  CHECK(exported.constant<float>("layer0/least_sum") == std::vector<float>{30.0F});
  CHECK(exported.constant<float>("layer0/thresholds") == std::vector<float>{0.0F, 32.0F, 64.0F, 128.0F});
  CHECK(exported.constant<float>("layer0/increments") == std::vector<float>{1.0F, 1.0F, 2.0F, 4.0F});
  CHECK(exported.constant<std::int8_t>("layer0/weights_stored") ==
        std::vector<std::int8_t>{1, 2, 3, 4, 5, 6, 0, 0, -1, -2, -3, -4, -5, -6, 0, 0});
  CHECK(exported.attribute("layer0/convolution", "group") == Integers{2});

  auto& whole = std::get<ConvolutionLayer>(maker.network.description.layers[0].operation);
  whole.filter = InputFilter{6, 0, 8};  // lets everything through
  const Exported plain(maker.network);
  CHECK(plain.count("Where") + plain.count("Pad") == 0);
}

TEST_CASE("exported pooling") {
  Maker maker({2, 5, 5}, {0.5, 4});
  MaxPoolLayer max_pool{{2, 2, 2, 2, 1, 1, 0, 0, 0, 0}};
  maker.add(max_pool, {2, 3, 3}, {0.5, 4});  // the last windows stick out
  AveragePoolLayer average{{2, 2, 2, 2, 1, 1, 1, 1, 0, 0}, false, {{1, 1}, {1, 2}, {1, 3}, {1, 3}}};
  maker.add(average, {2, 2, 2}, {2.0, 0});
  const Exported exported(maker.network);
  CHECK(exported.attribute("layer0/max_pool", "pads") == std::vector<std::int64_t>{0, 0, 1, 1});
  CHECK(exported.shape("layer0/max_pool") == "batchx2x3x3");
  // 1, 2, 2 and 4 positions count; x 2 / 0.5.
  CHECK(exported.constant<float>("layer1/average_factor") == std::vector<float>{2.0F, 1.0F, 1.0F, 0.5F});
  std::get<AveragePoolLayer>(maker.network.description.layers[1].operation).count_padding = true;
  CHECK(Exported(maker.network).constant<float>("layer1/average_factor") == std::vector<float>(4, 0.5F));

  Maker dilated({1, 1, 4}, {0.5, 4});
  dilated.add(MaxPoolLayer{{1, 2, 1, 1, 1, 3, 0, 2, 0, 2}}, {1, 1, 5}, {0.5, 4});
  CHECK(Exported(dilated.network).count("Pad") == 1);
  CHECK(Exported(dilated.network).constant<float>("layer0/padded_value") == std::vector<float>{-2.5F});
}

TEST_CASE("exported sums and concatenations") {
  Maker maker({2, 1, 1}, {0.5, 4});
  ElementwiseLayer sum;
  sum.multipliers = {{4, 4}, {2, 6}};
  sum.offset = {16, -8};
  sum.shift = 3;
  maker.add(sum, {2, 1, 1}, {1.0, 9}).inputs = {kNetworkInput, kNetworkInput};
  maker.add(ConcatLayer{{{1, 1}, {3, 1}}}, {4, 1, 1}, {2.0, 0}).inputs = {0, kNetworkInput};
  const Exported exported(maker.network);
  // 4 / 8 x 1 / 0.5 is 1: no factor.
  CHECK(exported.constant<float>("layer0/scaled1_factor") == std::vector<float>{0.5F, 1.5F});
  CHECK(exported.constant<float>("layer0/offset") == std::vector<float>{2.0F, -1.0F});
  CHECK(exported.constant<float>("layer1/scaled1_factor") == std::vector<float>{6.0F});
  CHECK(exported.count("Mul") == 2);
  CHECK(exported.count("Add") == 2);
  CHECK(exported.shape("layer1/concat") == "batchx4x1x1");
  CHECK(exported.shape("logits") == "batchx4");
}

TEST_CASE("exported layers that move values") {
  Maker maker({3, 4, 5}, {0.5, 4});
  maker.add(SliceLayer{{1, 0, 1}, {1, 3, 2}}, {2, 2, 2}, {0.5, 4});
  maker.add(PadLayer{{1, 0, 2}, 9}, {4, 3, 4}, {0.5, 4});
  maker.add(ReshapeLayer{}, {2, 6, 4}, {0.5, 4});
  LookupLayer lookup;
  for (std::size_t i = 0; i < 256; ++i) lookup.table[i] = static_cast<std::uint8_t>(255 - i);
  maker.add(lookup, {2, 6, 4}, {3.0, 7});
  const Exported exported(maker.network);
  using Integers = std::vector<std::int64_t>;
  CHECK(exported.constant<std::int64_t>("layer0/starts") == Integers{1, 0, 1});
  CHECK(exported.constant<std::int64_t>("layer0/ends") == Integers{3, 4, 4});
  CHECK(exported.constant<std::int64_t>("layer0/steps") == Integers{1, 3, 2});
  CHECK(exported.shape("layer0/slice") == "batchx2x2x2");
  CHECK(exported.constant<std::int64_t>("layer1/pad_sizes") == Integers{0, 1, 0, 2, 0, 1, 1, 0});
  CHECK(exported.constant<float>("layer1/pad_value") == std::vector<float>{2.5F});
  CHECK(exported.shape("layer1/pad") == "batchx4x3x4");
  CHECK(exported.constant<std::int64_t>("layer2/reshape_shape") == Integers{-1, 2, 6, 4});
  CHECK(exported.constant<std::uint8_t>("layer3/table")[3] == 252);
  CHECK(exported.constant<float>("layer3/output_scale") == std::vector<float>{3.0F});
}

TEST_CASE("random networks give valid files") {
  const unsigned seed = 20;
  INFO("seed " << seed);
  test::Random random(seed);
  std::set<std::string> kinds;
  for (int n = 0; n < 200; ++n) {
    INFO("network " << n);
    const QuantisedNetwork network = test::random_network(random);
    for (const Layer& layer : network.description.layers) kinds.insert(kind_name(layer.operation));
    const Exported exported(network);  // fails where a shape does not lead to the declared output
    CHECK(exported.count("QuantizeLinear") > 0);
    CHECK(export_onnx(network) == export_onnx(network));
  }
  CHECK(kinds.size() == std::variant_size_v<Operation>);
}

TEST_CASE("a network that is not valid is not exported") {
  Maker maker({1, 1, 6});
  maker.add(convolution(), {2, 1, 3}, {3.0, 20}, {1, 2, 3});
  CHECK_THROWS_AS(export_onnx(maker.network), InputError);
  maker.network.weights.clear();
  CHECK_THROWS_AS(export_onnx(maker.network), InputError);
  CHECK_THROWS_AS(export_onnx(Maker({1, 1, 1}).network), InputError);
}

}  // namespace
