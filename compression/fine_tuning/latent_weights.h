#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compression/network/graph.h"
#include "compression/passes/compressed_layer.h"

namespace reprise {

/// How the integer weights of a compressed convolution come from fewer numbers that may change:
/// weight[i] = multiplier[i] * round(value[index[i]]).
struct WeightStructure {
  struct Value {
    float start = 0.0F;
    float low = 0.0F;  ///< low..high are allowed, both integers
    float high = 0.0F;
    float largest_multiplier = 1.0F;
  };
  std::vector<Value> values;           ///< at least one
  std::vector<std::int64_t> index;     ///< [output][row]
  std::vector<float> multiplier;       ///< [output][row]; 0: this weight is always 0
  std::vector<std::size_t> codebooks;  ///< [group] where its codebook begins in the values, [codeword][row]
};

WeightStructure weight_structure(const FloatConvolution& convolution, const CompressedLayer& layer);

/// Weights and biases of a convolution as parameters to be trained. Each is scaled such that its range is about -1..1:
/// one learning rate fits all layers.
class LatentWeights {
 public:
  /// `layer` is null for a convolution that is not compressed: all its weights are free.
  LatentWeights(const FloatConvolution& convolution, const CompressedLayer* layer);

  at::Tensor weights() const;  ///< [out][in / groups][ky][kx]; gradients pass the rounding as if it were not there
  at::Tensor bias() const;     ///< [out]
  std::vector<at::Tensor> parameters() const;

  void confine();  ///< what an optimiser moved out of its range returns

  /// `layer` is null as above.
  void write_back(FloatConvolution& convolution, CompressedLayer* layer) const;

 private:
  at::Tensor integers() const;

  bool compressed_;
  std::vector<std::int64_t> shape_;
  std::vector<std::size_t> codebooks_;
  at::Tensor values_;      // parameter; in its range
  at::Tensor bias_;        // parameter; in its range
  at::Tensor range_;       // [value]: parameter * range_ is the value
  at::Tensor low_;         // of the parameter
  at::Tensor high_;        //
  at::Tensor index_;       // undefined where each weight has a value of its own, in order
  at::Tensor multiplier_;  // undefined where it is 1
  at::Tensor steps_;       // [out]
  double bias_range_ = 1.0;
};

}  // namespace reprise
