#include "tests/mapping/random_compression.h"

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

namespace reprise::test {
namespace {

class Compression {
 public:
  Compression(std::mt19937& random, QuantisedNetwork& network, std::size_t layer)
      : random_(random), weights_(network.weights[layer]) {
    const Layer& of = network.description.layers[layer];
    const auto& convolution = std::get<ConvolutionLayer>(of.operation);
    outputs_ = static_cast<std::size_t>(of.shape.channels);
    outputs_in_group_ = outputs_ / static_cast<std::size_t>(convolution.groups);
    rows_ = weights_.size() / outputs_;
  }

  RowShapes prune() {
    RowShapes shapes;
    shapes.block_rows = draw(1, 20);
    shapes.shapes.resize(static_cast<std::size_t>(draw(1, 4)));
    for (auto& shape : shapes.shapes) {
      for (int row = 0; row < shapes.block_rows; ++row) {
        if (draw(0, 1) == 1) shape.push_back(static_cast<std::uint32_t>(row));
      }
      if (shape.empty()) shape.push_back(static_cast<std::uint32_t>(draw(0, shapes.block_rows - 1)));
    }
    const std::size_t block_rows = static_cast<std::size_t>(shapes.block_rows);
    for (std::size_t output = 0; output < outputs_; ++output) {
      for (std::size_t first = 0; first < rows_; first += block_rows) {
        const int shape = draw(-1, static_cast<int>(shapes.shapes.size()) - 1);
        shapes.shape_of.push_back(static_cast<std::int16_t>(shape));
        for (std::size_t row = first; row < std::min(rows_, first + block_rows); ++row) {
          const bool kept = shape >= 0 && has(shapes.shapes[static_cast<std::size_t>(shape)], row - first);
          if (!kept) weights_[output * rows_ + row] = 0;
        }
      }
    }
    return shapes;
  }

  /// Outputs repeat those before them in their group, halved or not, with either sign.
  void repeat() {
    for (std::size_t output = 0; output < outputs_; ++output) {
      if (output % outputs_in_group_ == 0 || draw(0, 2) == 0) continue;
      const int divisor = (draw(0, 1) == 1 ? 1 : -1) << draw(0, 2);
      for (std::size_t row = 0; row < rows_; ++row) {
        const int before = weights_[(output - 1) * rows_ + row];
        weights_[output * rows_ + row] = static_cast<std::int8_t>(std::clamp(before / divisor, -127, 127));
      }
    }
  }

  /// Whole outputs, of any precision and significance.
  void round() {
    for (std::size_t output = 0; output < outputs_; ++output) {
      const int limit = 1 << draw(0, 6);
      const int step = 1 << draw(0, 4);
      for (std::size_t row = 0; row < rows_; ++row) {
        std::int8_t& weight = weights_[output * rows_ + row];
        weight = static_cast<std::int8_t>(weight % limit / step * step);
      }
    }
  }

 private:
  static bool has(const std::vector<std::uint32_t>& shape, std::size_t row) {
    return std::find(shape.begin(), shape.end(), row) != shape.end();
  }
  int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  std::mt19937& random_;
  std::vector<std::int8_t>& weights_;
  std::size_t outputs_ = 0;
  std::size_t outputs_in_group_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace

void compress_at_random(std::mt19937& random, QuantisedNetwork& network) {
  const auto toss = [&] { return std::uniform_int_distribution<int>(0, 1)(random) == 1; };
  network.shapes.resize(network.weights.size());
  for (std::size_t layer = 0; layer < network.weights.size(); ++layer) {
    if (!std::holds_alternative<ConvolutionLayer>(network.description.layers[layer].operation)) continue;
    Compression compression(random, network, layer);
    if (toss()) compression.round();
    if (toss()) compression.repeat();
    if (toss()) network.shapes[layer] = compression.prune();
  }
}

}  // namespace reprise::test
