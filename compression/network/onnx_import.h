#pragma once

#include <filesystem>

#include "compression/network/graph.h"

namespace reprise {

/// Reads a trained network from an ONNX file: opset 7 to 17, one input, one output, a batch axis of 1 or of free size.
///
/// Convolutions   Conv, Gemm, MatMul by a constant. Fully connected layers get a kernel as large as their input.
/// Factors        BatchNormalization; Add, Sub, Mul, Div with one constant number, or one per channel. Folded into the
///                convolution before them where nothing else uses it.
/// Pooling        MaxPool, AveragePool, GlobalMaxPool, GlobalAveragePool, ReduceMean over height and width
/// Activations    Relu, Clip, LeakyRelu; a final Softmax or LogSoftmax is left out, as it keeps the order
/// Several inputs Add, Sum, Concat of channels
/// Rearranging    Slice, Pad with a constant, Flatten, Reshape, Squeeze, Unsqueeze, Transpose of axes of size 1
/// Without effect Identity, Dropout, Cast between floating-point types
/// Constants      Constant, and Shape, Gather, Concat, Cast, Squeeze, Unsqueeze, Reshape of constants
///
/// Throws InputError that names the file and what is wrong with it; nodes that cannot be imported are listed together.
Graph import_onnx(const std::filesystem::path& path);

}  // namespace reprise
