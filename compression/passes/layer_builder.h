#pragma once

#include <cstdint>
#include <vector>

#include "compression/network/graph.h"
#include "compression/passes/activation_range.h"

namespace reprise {

/// A layer in integers and, of a convolution, its weights.
struct QuantisedLayer {
  Layer layer;
  std::vector<std::int8_t> weights;
};

/// The operation of `layer` in integers: that of `first`, clamped or rectified like `activation` unless that is null.
/// `layer` comes with its shape and quantisation and leaves with its operation and clamps. `inputs` are the
/// quantisations of its inputs. `steps`, if not null, are those of the weights, by output channel. Throws InputError
/// where a factor has no fixed-point form.
QuantisedLayer build_layer(const FloatOperation& first, const FloatOperation* activation,
                           const std::vector<Quantisation>& inputs, RangeMethod weight_range,
                           const std::vector<double>* steps, Layer layer);

}  // namespace reprise
