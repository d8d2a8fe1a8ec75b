#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "compression/network/graph.h"

namespace reprise {

/// A convolution behind an input filter, as FloatExecutor computes it. What comes through the filter passes gradients
/// as if the filter were not there; what is taken away passes none. Keeps a reference to the convolution, whose weights
/// it does not use, and must outlive the gradients of its results.
class FilteredConvolution {
 public:
  FilteredConvolution(const FloatConvolution& convolution, const Shape& input, const Shape& output)
      : convolution_(convolution), input_(input), output_(output) {}

  /// [image][channel][row][column] to the same.
  at::Tensor operator()(const at::Tensor& images, const at::Tensor& weights, const at::Tensor& bias) const;

  at::Tensor forward(const at::Tensor& images, const at::Tensor& weights, const at::Tensor& bias) const;
  /// Of the images, the weights and the bias.
  std::vector<at::Tensor> backward(const at::Tensor& gradient, const at::Tensor& images,
                                   const at::Tensor& weights) const;

 private:
  // Of one convolution group:
  int channels() const { return input_.channels / convolution_.groups; }
  int outputs() const { return output_.channels / convolution_.groups; }
  int taps() const { return channels() * convolution_.window.area(); }
  std::int64_t pixels() const { return static_cast<std::int64_t>(output_.pixels()); }
  std::int64_t input_size() const { return channels() * static_cast<std::int64_t>(input_.pixels()); }
  std::int64_t output_size() const { return outputs() * pixels(); }
  std::int64_t weights_size() const { return std::int64_t{outputs()} * taps(); }

  void columns(const float* planes, float* result) const;
  void add_row(const float* columns, int first, int stride, float* row) const;
  void fold(const float* columns, float* planes) const;

  const FloatConvolution& convolution_;
  const Shape input_;
  const Shape output_;
};

}  // namespace reprise
