#pragma once

#include <cstdint>
#include <vector>

#include "compression/network/quantised_network.h"

namespace reprise {

/// floor((value * multiplier + 2^(shift-1)) / 2^shift), exact for |value| < 2^31.
inline std::int64_t scale(std::int64_t value, const FixedPoint& factor) {
  return (value * factor.multiplier + (std::int64_t{1} << (factor.shift - 1))) >> factor.shift;
}

/// What is wrong with the sums of layer `layer`: a convolution's |bias| + 255 * sum |w| must stay below 2^31 for every
/// output, its arrays must have the sizes that its shape asks for and its filter must be one. Throws InputError naming
/// the layer.
void check_layer(const QuantisedNetwork& network, std::size_t layer);

/// check_layer of all layers, and that there are weights for each.
void check_layers(const QuantisedNetwork& network);

/// THE definition of the right answer: each layer computed as compression/image/network.h says, window by window,
/// without any regard for the machine. Every engine at every fidelity must give these bytes.
class IntegerReference {
 public:
  /// Checks the network with check_layers.
  explicit IntegerReference(const QuantisedNetwork& network);

  /// The outputs of all layers for one image; images and outputs are [channel][row][column] as stored.
  std::vector<std::vector<std::uint8_t>> run(const std::vector<std::uint8_t>& image) const;
  /// The last layer's output alone.
  std::vector<std::uint8_t> output(const std::vector<std::uint8_t>& image) const;

 private:
  NetworkDescription description_;
  std::vector<std::vector<std::int16_t>> weights_;  // widened and filled up for the compiler's vectors
};

}  // namespace reprise
