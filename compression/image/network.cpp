#include "compression/image/network.h"

namespace reprise {

const char* kind_name(const Operation& operation) {
  constexpr std::array<const char*, std::variant_size_v<Operation>> kNames{
      "convolution", "max_pool", "average_pool", "elementwise", "concat", "lookup", "slice", "pad", "reshape"};
  return kNames.at(operation.index());
}

std::uint64_t multiply_accumulates(const NetworkDescription& network, std::size_t layer) {
  const Layer& description = network.layers.at(layer);
  const auto* convolution = std::get_if<ConvolutionLayer>(&description.operation);
  if (convolution == nullptr) return 0;
  const int input_channels = network.shape_of(description.inputs.at(0)).channels / convolution->groups;
  return static_cast<std::uint64_t>(description.shape.size()) * static_cast<std::uint64_t>(input_channels) *
         static_cast<std::uint64_t>(convolution->window.area());
}

std::uint64_t multiply_accumulates(const NetworkDescription& network) {
  std::uint64_t sum = 0;
  for (std::size_t layer = 0; layer < network.layers.size(); ++layer) sum += multiply_accumulates(network, layer);
  return sum;
}

}  // namespace reprise
