#include <torch/csrc/autograd/autograd.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <limits>

#include "compression/datasets/dataset.h"
#include "compression/fine_tuning/torch_network.h"
#include "compression/network/float_executor.h"
#include "compression/network/onnx_import.h"
#include "tests/fine_tuning/tiny_networks.h"

// What is trained is what the rest of the program computes: libtorch's outputs are FloatExecutor's.

namespace {

using namespace reprise;
using namespace reprise::tests;
namespace fs = std::filesystem;

at::Tensor as_tensor(const std::vector<float>& values, const Shape& shape) {
  return at::tensor(at::ArrayRef<float>(values)).view({1, shape.channels, shape.height, shape.width});
}

/// The largest difference of the outputs, as a share of the largest output.
double difference(const Graph& graph, const std::vector<float>& image) {
  const at::NoGradGuard no_gradients;
  const std::vector<float> expected = FloatExecutor(graph).output(image);
  const at::Tensor result = TorchNetwork(graph).forward(as_tensor(image, graph.input_shape)).contiguous();
  REQUIRE(static_cast<std::size_t>(result.numel()) == expected.size());
  double largest = 1e-3;
  double error = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(double{expected[i]}));
    error = std::max(error, std::abs(double{expected[i]} - result.data_ptr<float>()[i]));
  }
  return error / largest;
}

SlidingWindow random_window(Random& random, bool dilated) {
  SlidingWindow w;
  w.kernel_height = draw(random, 1, 3);
  w.kernel_width = draw(random, 1, 3);
  w.stride_height = draw(random, 1, 2);
  w.stride_width = draw(random, 1, 2);
  if (dilated) w.dilation_height = draw(random, 1, 2);
  if (dilated) w.dilation_width = draw(random, 1, 2);
  w.pad_top = draw(random, 0, w.kernel_height - 1);
  w.pad_bottom = draw(random, 0, w.kernel_height - 1);
  w.pad_left = draw(random, 0, w.kernel_width - 1);
  w.pad_right = draw(random, 0, w.kernel_width - 1);
  return w;
}

/// Every kind of operation in a random size.
Graph random_graph(Random& random) {
  GraphBuilder builder(random, {4, draw(random, 14, 18), draw(random, 14, 18)});
  builder.convolution(6, random_window(random, true), draw(random, 1, 2));
  builder.add(FloatLeakyRelu{0.1F}, builder.shape());
  const int branch = builder.last();
  builder.add(FloatScale{draw_numbers(random, 6), draw_numbers(random, 6)}, builder.shape());
  builder.add(FloatAdd{}, builder.shape(), {builder.last(), branch, branch});
  builder.add(FloatClamp{0.0F, std::numeric_limits<float>::infinity()}, builder.shape());
  builder.add(FloatAdd{}, builder.shape(), {builder.last(), branch});
  builder.add(FloatClamp{-0.5F, 0.75F}, builder.shape());
  Shape shape = builder.shape();
  builder.add(FloatConcat{}, {2 * shape.channels, shape.height, shape.width}, {builder.last(), branch});
  builder.add(FloatPad{{1, 2, 1}, 0.25F}, {2 * shape.channels + 2, shape.height + 3, shape.width + 4});
  shape = builder.shape();
  builder.add(FloatSlice{{1, 0, 1}, {2, 1, 1}}, {6, shape.height, shape.width - 1});
  const SlidingWindow largest = random_window(random, true);
  builder.add(FloatMaxPool{largest}, builder.slid(largest, 6, draw(random, 0, 1) == 1));
  const SlidingWindow average = random_window(random, draw(random, 0, 1) == 1);
  builder.add(FloatAveragePool{average, draw(random, 0, 1) == 1}, builder.slid(average, 6, draw(random, 0, 1) == 1));
  shape = builder.shape();
  builder.add(FloatReshape{}, {static_cast<int>(shape.size()), 1, 1});
  builder.fully_connected(5);
  return builder.graph;
}

TEST_CASE("Random networks of all operations compute the same in libtorch") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    Graph graph = random_graph(random);
    if (seed % 2 == 0) {
      auto& convolution = std::get<FloatConvolution>(graph.nodes[0].operation);
      convolution.filter = FloatInputFilter{{draw(random, 1, 9), draw(random, 0, 40), draw(random, 1, 8)}, 0.01F};
    }
    CHECK(difference(graph, draw_numbers(random, graph.input_shape.size())) < 1e-4);
  }
}

TEST_CASE("A filter that takes nothing away has the gradients of a plain convolution") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    GraphBuilder builder(random, {4, draw(random, 5, 8), draw(random, 5, 8)});
    builder.convolution(6, random_window(random, true), draw(random, 1, 2));
    Graph filtered = builder.graph;
    std::get<FloatConvolution>(filtered.nodes[0].operation).filter = FloatInputFilter{{9, 0, 8}, 0.01F};
    std::vector<float> numbers = draw_numbers(random, 3 * builder.graph.input_shape.size());
    const Shape& shape = builder.graph.input_shape;
    const at::Tensor images = at::tensor(at::ArrayRef<float>(numbers))
                                  .view({3, shape.channels, shape.height, shape.width})
                                  .abs()
                                  .requires_grad_();
    const auto gradients = [&](const Graph& graph) {
      const TorchNetwork network(graph);
      std::vector<at::Tensor> of = network.parameters();
      of.push_back(images);
      return torch::autograd::grad({network.forward(images).pow(2).sum()}, of);
    };
    const auto expected = gradients(builder.graph);
    const auto result = gradients(filtered);
    REQUIRE(result.size() == expected.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      CHECK(at::allclose(result[i], expected[i], 1e-3, 1e-3 * expected[i].abs().max().item<double>()));
    }
  }
}

void check_model(const fs::path& file, const std::vector<std::vector<float>>& images) {
  if (!fs::exists(file)) {
    WARN("SKIPPED: " << file << " is missing (the shared data are at REPRISE_SHARED_DATA)");
    return;
  }
  INFO(file);
  const Graph graph = import_onnx(file);
  for (const auto& image : images) CHECK(difference(graph, image) < 1e-4);
}

std::vector<std::vector<float>> random_images(const Shape& shape, float magnitude) {
  Random random(5);
  return {draw_numbers(random, shape.size(), magnitude), draw_numbers(random, shape.size(), magnitude)};
}

TEST_CASE("Trained networks compute the same in libtorch") {
  const char* folder = std::getenv("REPRISE_SHARED_DATA");
  const fs::path models = fs::path(folder != nullptr ? folder : SHARED_DATA_FOLDER) / "models";
  for (const char* name : {"lenet5_fashion_mnist.onnx", "vgg8_fashion_mnist.onnx"}) {
    check_model(fs::path(NETWORKS_FOLDER) / name, random_images({1, 28, 28}, 2.0F));
  }
  for (const char* name :
       {"resnet20_cifar10.onnx", "resnet20_cifar10_bn.onnx", "vgg8slim_cifar10.onnx", "vgg8wide_cifar10.onnx"}) {
    check_model(models / name, random_images({3, 32, 32}, 2.0F));
  }
  check_model(models / "lenet5_fashion_mnist.onnx", random_images({1, 28, 28}, 2.0F));
  check_model(models / "squeezenet1_1_imagenet_fp16w.onnx", random_images({3, 227, 227}, 120.0F));
}

}  // namespace
