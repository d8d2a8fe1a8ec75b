#pragma once

#include "compression/network/onnx_node.h"

namespace reprise {

/// A kernel and the rows and columns of the output that it makes.
struct PlacedWindow {
  SlidingWindow window;
  int height = 0;
  int width = 0;
};

/// The window of a convolution: strides, pads (also automatic) and dilations of the node. Throws InputError where
/// they are out of range or the kernel does not fit.
PlacedWindow convolution_window(const OnnxNode& node, int kernel_height, int kernel_width, const Shape& input);

/// The same for pooling, with ceil_mode. Every window has at least one input.
PlacedWindow pooling_window(const OnnxNode& node, const Shape& input);

}  // namespace reprise
