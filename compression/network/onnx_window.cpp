#include "compression/network/onnx_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace reprise {
namespace {

constexpr int kMaximumExtent = 1 << 20;

/// Where a kernel goes along one axis.
struct Axis {
  int input = 1;
  int kernel = 1;
  int stride = 1;
  int dilation = 1;
  int pad_before = 0;
  int pad_after = 0;
  int output = 1;

  int span() const { return (kernel - 1) * dilation + 1; }
};

Dimensions read(const OnnxNode& node, const std::string& name, std::size_t count, int low) {
  Dimensions values = node.integers(name);
  if (values.empty()) values.assign(count, low);
  require(values.size() == count, fmt::format("attribute {} has {} values, expected {}", name, values.size(), count));
  for (const std::int64_t value : values) {
    require(value >= low && value <= kMaximumExtent, fmt::format("attribute {} is {}, expected values from {} to {}",
                                                                 name, to_string(values), low, kMaximumExtent));
  }
  return values;
}

void pad_to_same(Axis& axis, bool extra_before) {
  const int positions = (axis.input - 1) / axis.stride + 1;
  const int padding = std::max((positions - 1) * axis.stride + axis.span() - axis.input, 0);
  axis.pad_before = extra_before ? padding - padding / 2 : padding / 2;
  axis.pad_after = padding - axis.pad_before;
}

void place(Axis& axis, bool ceil_mode) {
  const int padded = axis.input + axis.pad_before + axis.pad_after;
  require(axis.span() <= padded,
          fmt::format("a kernel that spans {} positions does not fit a padded input of {}", axis.span(), padded));
  const int room = padded - axis.span();
  axis.output = room / axis.stride + 1;
  // One more position for the remainder, unless it would begin behind the input.
  if (ceil_mode && room % axis.stride != 0 && axis.output * axis.stride < axis.input + axis.pad_before) ++axis.output;
}

std::array<Axis, 2> place_axes(const OnnxNode& node, const std::array<int, 2>& kernel, const Shape& input,
                               bool ceil_mode) {
  const std::string auto_pad = node.text("auto_pad", "NOTSET");
  const bool same = auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER";
  require(same || auto_pad == "NOTSET" || auto_pad == "VALID", fmt::format("attribute auto_pad is '{}'", auto_pad));
  const Dimensions strides = read(node, "strides", 2, 1);
  const Dimensions dilations = read(node, "dilations", 2, 1);
  const Dimensions pads = auto_pad == "NOTSET" ? read(node, "pads", 4, 0) : Dimensions(4, 0);
  std::array<Axis, 2> axes;
  for (std::size_t i = 0; i < 2; ++i) {
    axes[i].input = i == 0 ? input.height : input.width;
    axes[i].kernel = kernel[i];
    axes[i].stride = static_cast<int>(strides[i]);
    axes[i].dilation = static_cast<int>(dilations[i]);
    axes[i].pad_before = static_cast<int>(pads[i]);
    axes[i].pad_after = static_cast<int>(pads[i + 2]);
    require(std::int64_t{axes[i].kernel} * dilations[i] <= kMaximumExtent, "the dilated kernel is too large");
    if (same) pad_to_same(axes[i], auto_pad == "SAME_LOWER");
    place(axes[i], ceil_mode);
  }
  return axes;
}

PlacedWindow to_window(const std::array<Axis, 2>& axes) {
  const auto& [rows, columns] = axes;
  SlidingWindow window;
  window.kernel_height = rows.kernel;
  window.kernel_width = columns.kernel;
  window.stride_height = rows.stride;
  window.stride_width = columns.stride;
  window.dilation_height = rows.dilation;
  window.dilation_width = columns.dilation;
  window.pad_top = rows.pad_before;
  window.pad_left = columns.pad_before;
  window.pad_bottom = rows.pad_after;
  window.pad_right = columns.pad_after;
  return {window, rows.output, columns.output};
}

void require_inputs_everywhere(const Axis& axis) {
  for (int i = 0; i < axis.output; ++i) {
    bool found = false;
    for (int k = 0; k < axis.kernel && !found; ++k) {
      const int position = i * axis.stride - axis.pad_before + k * axis.dilation;
      found = position >= 0 && position < axis.input;
    }
    require(found, fmt::format("its window {} lies in the padding altogether", i));
  }
}

}  // namespace

PlacedWindow convolution_window(const OnnxNode& node, int kernel_height, int kernel_width, const Shape& input) {
  return to_window(place_axes(node, {kernel_height, kernel_width}, input, false));
}

PlacedWindow pooling_window(const OnnxNode& node, const Shape& input) {
  const Dimensions kernel = read(node, "kernel_shape", 2, 1);
  const auto axes = place_axes(node, {static_cast<int>(kernel[0]), static_cast<int>(kernel[1])}, input,
                               node.integer("ceil_mode", 0) != 0);
  for (const Axis& axis : axes) require_inputs_everywhere(axis);
  return to_window(axes);
}

}  // namespace reprise
