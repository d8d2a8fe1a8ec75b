#pragma once

#include <string>

#include "compression/network/quantised_network.h"

namespace reprise {

/// The network as an ONNX file in the QDQ form (opset 13, standard operators), for other programs to run: from the
/// float `input`, [batch][channel][row][column] as preprocessed, to the float `logits`, [batch][channel] or, of an
/// output that is an image, [batch][channel][row][column]; the batch axis is free.
///
/// Weights are int8 and biases int32, with a scale an output channel; activations are rounded to uint8 with the
/// network's scales and zero points. Input filters are written out: im2col rows, blocks, sums and powers of two.
/// Executed in float it gives the integer network's activations, except that halves are rounded to even
/// (IntegerReference: upwards) and that sums are as exact as floats: a result that lies within that of a half may come
/// out one step apart.
///
/// Throws InputError where the network is not valid (check_network, check_layers).
std::string export_onnx(const QuantisedNetwork& network);

}  // namespace reprise
