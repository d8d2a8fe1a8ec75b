#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The 8-bit network as data: shapes, links and fixed-point constants. No weights (they are in the crossbars)
/// and no arithmetic (every implementation brings its own). What each layer computes: docs/weight_image.md.
namespace reprise {

/// One activation tensor of one image. A vector has height = width = 1.
struct Shape {
  int channels = 0;
  int height = 1;
  int width = 1;

  std::size_t pixels() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  std::size_t size() const { return static_cast<std::size_t>(channels) * pixels(); }
  friend bool operator==(const Shape& a, const Shape& b) {
    return a.channels == b.channels && a.height == b.height && a.width == b.width;
  }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }
};

/// real = scale * (stored - zero_point), stored in 0..255.
struct Quantisation {
  double scale = 1.0;
  int zero_point = 0;
};

/// The factor multiplier / 2^shift. Scaling v is floor((v * multiplier + 2^(shift-1)) / 2^shift) in 64 bits:
/// round half up. shift is 1..62; |multiplier| < 2^31.
struct FixedPoint {
  std::int32_t multiplier = 0;
  int shift = 1;
};

/// A kernel that slides over an image. Output position (y, x) reads input rows
/// y * stride_height - pad_top + k * dilation_height, k = 0..kernel_height-1, and columns likewise.
struct SlidingWindow {
  int kernel_height = 1;
  int kernel_width = 1;
  int stride_height = 1;
  int stride_width = 1;
  int dilation_height = 1;
  int dilation_width = 1;
  int pad_top = 0;
  int pad_left = 0;
  int pad_bottom = 0;
  int pad_right = 0;

  int area() const { return kernel_height * kernel_width; }
};

/// Stands before the input registers of a convolution and leaves out what carries little. A block is `block_rows`
/// consecutive im2col rows of one convolution group; the last block of a group may be shorter. A block whose stored
/// values add up to less than `least_sum` is taken as zeros. Of any other block only the `planes` bits from the leading
/// bit of its largest value downwards remain; lower bits are taken as 0. Only where the input's zero point is 0.
struct InputFilter {
  int block_rows = 9;  ///< 1..65536
  int least_sum = 0;   ///< 0..16777215; 0: no block is left out
  int planes = 8;      ///< 1..8; 8: all bits remain
};

/// Convolutions and, with a kernel as large as the input, fully connected layers.
/// out = clamp(z_out + scale(bias + sum w * (x - z_in))); outside the input x = z_in.
struct ConvolutionLayer {
  SlidingWindow window;
  int groups = 1;
  std::vector<std::int32_t> bias;                   ///< per output channel
  std::vector<FixedPoint> requantisation;           ///< per output channel
  std::vector<FixedPoint> negative_requantisation;  ///< for sums below zero (leaky ReLU); empty: the same
  std::optional<InputFilter> filter;                ///< x is what it lets through
};

/// out = the largest input under the window; positions outside the input do not take part. Keeps the quantisation.
struct MaxPoolLayer {
  SlidingWindow window;
};

/// out = clamp(z_out + scale_n(sum (x - z_in))), n the number of positions that count.
struct AveragePoolLayer {
  SlidingWindow window;
  bool count_padding = false;              ///< positions in the declared padding count as zeros
  std::vector<FixedPoint> requantisation;  ///< [n - 1]: includes the division by n
};

/// out = clamp(z_out + floor((offset[c] + sum_i multiplier[i][c] * (x_i - z_i) + 2^(shift-1)) / 2^shift)):
/// residual additions, and factors and offsets per channel. All inputs have the output's shape.
struct ElementwiseLayer {
  std::vector<std::vector<std::int32_t>> multipliers;  ///< [input][channel]
  std::vector<std::int64_t> offset;                    ///< [channel]
  int shift = 1;
};

/// Channels of the inputs one after another, each out = clamp(z_out + scale_i(x - z_i)).
struct ConcatLayer {
  std::vector<FixedPoint> requantisation;  ///< per input
};

/// out = table[x]: any function of one activation.
struct LookupLayer {
  std::array<std::uint8_t, 256> table{};
};

/// out[c][y][x] = in[start + step * (c, y, x)]. Keeps the quantisation.
struct SliceLayer {
  std::array<int, 3> start{};        ///< channel, row, column
  std::array<int, 3> step{1, 1, 1};  ///< at least 1
};

/// out = in shifted by `before`, `value` elsewhere. Keeps the quantisation.
struct PadLayer {
  std::array<int, 3> before{};  ///< channels, rows, columns
  std::uint8_t value = 0;       ///< as stored
};

/// The same values in [channel][row][column] order under another shape. Keeps the quantisation.
struct ReshapeLayer {};

using Operation = std::variant<ConvolutionLayer, MaxPoolLayer, AveragePoolLayer, ElementwiseLayer, ConcatLayer,
                               LookupLayer, SliceLayer, PadLayer, ReshapeLayer>;

constexpr int kNetworkInput = -1;  ///< in Layer::inputs: the network's own input

struct Layer {
  std::string name;  ///< unique; from the ONNX node
  Operation operation;
  std::vector<int> inputs;    ///< indices of earlier layers, or kNetworkInput
  Shape shape;                ///< of the output
  Quantisation quantisation;  ///< of the output
  int clamp_low = 0;          ///< on the stored value; a ReLU is clamp_low = zero_point
  int clamp_high = 255;
};

/// From image bytes to the network's input: real = (byte * scale - mean[c]) / standard_deviation[c],
/// channels in the network's order, stored = clamp(round_half_even(real / q.scale) + q.zero_point, 0, 255) in double.
struct Preprocessing {
  double scale = 1.0;
  std::vector<double> mean;  ///< one for all channels, or one each
  std::vector<double> standard_deviation;
  bool reverse_channels = false;  ///< the files' RGB becomes the network's BGR
};

/// Layers are in an order in which every input comes before its use. The last layer is the network's output.
struct NetworkDescription {
  std::string name;
  Shape input_shape;
  Quantisation input_quantisation;
  Preprocessing preprocessing;
  std::vector<Layer> layers;

  const Shape& shape_of(int layer) const {
    return layer == kNetworkInput ? input_shape : layers.at(static_cast<std::size_t>(layer)).shape;
  }
  const Quantisation& quantisation_of(int layer) const {
    return layer == kNetworkInput ? input_quantisation : layers.at(static_cast<std::size_t>(layer)).quantisation;
  }
};

/// "convolution", "max_pool", ... : the kind's name in weight images and reports.
const char* kind_name(const Operation& operation);

/// Windows x output channels x kernel area x input channels / groups; 0 for a layer without weights.
std::uint64_t multiply_accumulates(const NetworkDescription& network, std::size_t layer);
std::uint64_t multiply_accumulates(const NetworkDescription& network);

}  // namespace reprise
